// A program of a relying party: three JWKS libraries fetch the keys by themselves over HTTPS and verify the token.
// Runs in a process of its own, since Node reads NODE_EXTRA_CA_CERTS only at its start. Arguments: origin, token.

import { createRemoteJWKSet, jwtVerify } from 'jose'
import jwksClient from 'jwks-rsa'
import jsonwebtoken from 'jsonwebtoken'
import buildGetJwks from 'get-jwks'
import { createVerifier } from 'fast-jwt'

const [origin, token] = process.argv.slice(2) as [string, string]
const jwksUri = `${origin}/.well-known/jwks.json`

const verifiers: Record<string, () => Promise<object>> = {
  jose: async () => (await jwtVerify(token, createRemoteJWKSet(new URL(jwksUri)))).payload,
  'jwks-rsa + jsonwebtoken': async () => {
    const client = jwksClient({ jwksUri })
    return await new Promise((resolve, reject) => jsonwebtoken.verify(token, (header, done) => {
      client.getSigningKey(header.kid).then(key => done(null, key.getPublicKey()), done)
    }, (error, payload) => error ? reject(error) : resolve(payload as object)))
  },
  'get-jwks + fast-jwt': async () => {
    const jwks = buildGetJwks()
    const key = async ({ header }: { header: Record<string, any> }): Promise<string> =>
      await jwks.getPublicKey({ kid: header.kid, alg: header.alg, domain: origin })
    return await createVerifier({ key })(token)
  }
}

const results: Record<string, object> = {}
for (const [name, verify] of Object.entries(verifiers)) {
  results[name] = await verify().then(payload => ({ payload }), (error: Error) => ({ error: error.message }))
}
process.stdout.write(JSON.stringify(results))
