// Maskinporten (Norway): JWT grant of a client with a registered key. Claims that it does not know are refused.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { nonEmptyString, RS } from './terms.ts'

const MASKINPORTEN = 'Maskinporten documentation, "JWT grant"'

export const maskinporten: PresetData = {
  title: 'Maskinporten',
  key: { given: 'jwk', source: `${MASKINPORTEN}: kid of a previously registered asymmetric key`, verified: true },
  onboarding: {
    steps: [
      { text: 'Open the client in the self-service portal, and add the JWK to its keys.', source: 'Altinn documentation, "Maskinporten Client"' }
    ],
    values: { iss: NOT_ASSIGNED, aud: 'https://maskinporten.no/' }
  },
  alg: { oneOf: RS, source: `${MASKINPORTEN}: "RS256, RS384 and RS512 are supported"`, verified: true },
  header: { protected: { kid: '${key.kid}' }, source: `${MASKINPORTEN}: kid or x5c`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: MASKINPORTEN, verified: true },
  time: { set: ['iat', 'exp', 'jti'], ttl: { default: '1m', max: '2m' }, source: `${MASKINPORTEN}: exp - iat <= 120`, verified: true },
  allowed: ['iss', 'aud', 'scope', 'resource', 'pid', 'consumer_org', 'iss_onbehalfof'],
  rules: [
    { id: 'iss-required', claim: 'iss', text: 'is your client ID', required: true, schema: nonEmptyString, source: MASKINPORTEN, verified: true },
    {
      id: 'aud-maskinporten',
      claim: 'aud',
      text: 'is Maskinporten\'s issuer with its slash, https://maskinporten.no/ in production, and no longer the token URL',
      required: true,
      schema: { type: 'string', pattern: '^https://([a-z0-9]+\\.)?maskinporten\\.no/$' },
      source: MASKINPORTEN,
      verified: true
    },
    { id: 'scope-required', claim: 'scope', text: 'is a list of scopes with spaces between', required: true, schema: nonEmptyString, source: MASKINPORTEN, verified: true },
    { id: 'resource-list', claim: 'resource', text: 'is an array', schema: { type: 'array', items: { type: 'string' } }, source: MASKINPORTEN, verified: true },
    {
      id: 'consumer-once',
      claim: 'consumer_org',
      text: 'is the organization number that you act for; it and iss_onbehalfof exclude each other',
      schema: nonEmptyString,
      claims: { not: { type: 'object', required: ['consumer_org', 'iss_onbehalfof'] } },
      source: `${MASKINPORTEN}: "two mutually exclusive claims"`,
      verified: true
    }
  ],
  example: { claims: { iss: 'my_client_id', aud: 'https://test.maskinporten.no/', scope: 'difitest:test2' } }
}
