// Verifies a token as a vendor does: fetches the JWK Set from its URL and checks signature and lifetime.
// Usage: node examples/verify.mjs TOKEN JWKS_URL
import { createRemoteJWKSet, jwtVerify } from 'jose'

const [token, url] = process.argv.slice(2)
const { payload, protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(url)))
console.log(JSON.stringify({ header: protectedHeader, claims: payload }))
