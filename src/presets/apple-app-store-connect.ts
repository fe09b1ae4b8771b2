// Apple App Store Connect, team keys and individual keys: Apple makes the key; its id is the kid: pin it with a note.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { nonEmptyString } from './terms.ts'

const APPLE = 'Apple Developer, "Generating Tokens for API Requests"'

export const appleAppStoreConnect: PresetData = {
  title: 'Apple App Store Connect',
  key: { given: 'vendor', source: APPLE, verified: true },
  onboarding: {
    steps: [
      { text: 'Open Users and Access, Integrations, App Store Connect API, generate a key, and download it: it can be downloaded once.', source: 'Apple Developer, "Creating API Keys for App Store Connect API"' }
    ],
    values: { iss: NOT_ASSIGNED }
  },
  alg: { oneOf: ['ES256'], source: APPLE, verified: true },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, source: APPLE, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: APPLE, verified: true },
  time: { set: ['iat', 'exp'], ttl: { default: '10m', max: '20m' }, source: `${APPLE}: at most 20 minutes, but for tokens of a few read-only resources`, verified: true },
  allowed: ['iss', 'sub', 'aud', 'scope'],
  rules: [
    {
      id: 'iss-required',
      claim: 'iss',
      text: 'is your issuer ID; individual keys have sub: "user" instead',
      schema: nonEmptyString,
      claims: { anyOf: [{ type: 'object', required: ['iss'] }, { type: 'object', required: ['sub'] }] },
      source: `${APPLE}, payload for team keys and for individual keys`,
      verified: true
    },
    { id: 'sub-user', claim: 'sub', text: 'is "user", for individual keys', schema: { const: 'user' }, source: `${APPLE}, payload for individual keys`, verified: true },
    {
      id: 'aud-value',
      claim: 'aud',
      text: 'is "appstoreconnect-v1"',
      required: true,
      fixed: 'appstoreconnect-v1',
      source: APPLE,
      verified: true
    },
    { id: 'scope-list', claim: 'scope', text: 'is a list of operations', schema: { type: 'array', items: { type: 'string' } }, source: APPLE, verified: true }
  ],
  example: { claims: { iss: '57246542-96fe-1a63-e053-0824d011072a', scope: ['GET /v1/apps'] } }
}
