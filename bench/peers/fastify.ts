// A JWKS and signing server as one writes it with Fastify, helmet and jose: no authentication, policy or audit.

import { randomUUID } from 'node:crypto'
import helmet from '@fastify/helmet'
import Fastify from 'fastify'
import { type JWTPayload, SignJWT } from 'jose'
import { type Alg, readSite } from './site.ts'

const { port, cert, key, jwks, headers, keys } = readSite()
const app = Fastify({ https: { cert, key } })
await app.register(helmet)
const set = JSON.parse(jwks.toString()) as object
app.get('/.well-known/jwks.json', async (_request, reply) => reply.header('cache-control', headers['cache-control']).send(set))
app.post<{ Params: { alg: Alg }, Body: { claims: JWTPayload } }>('/sign/:alg', async ({ params: { alg }, body }) => {
  const jwt = new SignJWT(body.claims).setProtectedHeader({ alg, typ: 'JWT' }).setIssuedAt().setExpirationTime('5m').setJti(randomUUID())
  return { token: await jwt.sign(keys[alg]) }
})
await app.listen({ host: '127.0.0.1', port })
