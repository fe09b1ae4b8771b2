// What the tests use of oidc-provider, which ships no types.

declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  export default class Provider {
    constructor (issuer: string, configuration: object)
    on (event: 'grant.error', listener: (context: object, error: Error & { error_detail?: string, cause?: Error }) => void): this
    readonly ClientCredentials: { find: (token: string) => Promise<{ clientId: string } | undefined> }
    callback (): RequestListener
  }
}
