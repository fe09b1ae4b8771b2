// What a program gets by `import … from 'jwksd/client'`. Uses nothing else of jwksd, and no package.

export { type CallOptions, type ClientAuthentication, JwksdClient, type JwksdClientOptions } from './client.ts'
export { JwksdError, type Problem } from './error.ts'
export type { SignedJws, SignedToken, SignRequest } from './client.ts'
