// Helmet's headers for every reply of both listeners. Helmet is asked once: the headers never differ from reply to reply,
// and working them out anew for each cost more than the rest of a JWKS request (npm run bench).

import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import Fastify from 'fastify'

/** Nothing on these listeners is ever framed, scripted or embedded; a JWK Set may be read from any origin. */
const HELMET: FastifyHelmetOptions = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  crossOriginResourcePolicy: { policy: 'cross-origin' },
  strictTransportSecurity: { maxAge: 31536000, includeSubDomains: false }
}

/** What belongs to the one reply that was asked for, not to every reply. */
const OF_THE_PROBE = ['date', 'connection', 'content-length', 'content-type']

/** The headers that helmet sets with our options. */
export async function helmetHeaders (): Promise<Record<string, string>> {
  const probe = Fastify()
  await probe.register(helmet, HELMET)
  probe.get('/', async () => '')
  const { headers } = await probe.inject('/')
  await probe.close()
  const kept = Object.entries(headers).filter(([name]) => !OF_THE_PROBE.includes(name))
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]))
}
