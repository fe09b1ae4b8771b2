// Epic on FHIR, backend services: SMART with Epic's own limits. iat and nbf lie a little in the past, since Epic refuses
// a token whose times are in its future.

import type { PresetData } from '../core/tokens/preset.ts'
import { clientRules, nonEmptyString } from './terms.ts'

const EPIC = 'Epic on FHIR documentation, "OAuth 2.0: Backend Services", JWT'

export const epic: PresetData = {
  title: 'Epic on FHIR',
  key: { given: 'jwks-url', source: `${EPIC}: one URL for non-production, one for production`, verified: true },
  onboarding: {
    steps: [
      { text: 'On Epic on FHIR, give the app the audience "Backend Systems" and enter {url} as its JWK Set URL: one URL for non-production, another for production.', source: EPIC }
    ],
    ask: [
      { text: 'Please map our client ID to an Epic user: without that no access token is granted (the sandbox needs no mapping).', source: 'Epic on FHIR documentation, "SMART Backend Services": set-up by the Epic Client Systems Administrator' }
    ]
  },
  alg: { oneOf: ['RS384', 'RS256', 'RS512', 'ES384', 'ES256'], source: `${EPIC}: ES256 and ES384 with a JWKS URL only`, verified: true },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, source: EPIC, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: EPIC, verified: true },
  time: {
    set: ['iat', 'nbf', 'exp', 'jti'],
    optional: ['iat', 'nbf'],
    ttl: { default: '4m', max: '5m' },
    backdate: '30s',
    source: `${EPIC}: exp at most five minutes ahead and after nbf and iat, which are not in the future; jti a string of at most 151 characters`,
    verified: true
  },
  allowed: ['iss', 'sub', 'aud', 'scope'],
  rules: [
    ...clientRules(EPIC),
    { id: 'aud-string', claim: 'aud', text: 'is the token endpoint\'s URL, one string', required: true, schema: nonEmptyString, source: EPIC, verified: true },
    { id: 'jti-length', claim: 'jti', text: 'is a string of at most 151 characters', schema: { type: 'string', minLength: 1, maxLength: 151 }, source: EPIC, verified: true }
  ],
  example: {
    claims: { iss: 'CLIENT_ID', sub: 'CLIENT_ID', aud: 'https://fhir.epic.com/interconnect-fhir-oauth/oauth2/token' }
  }
}
