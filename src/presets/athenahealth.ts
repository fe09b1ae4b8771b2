// athenahealth: client assertion of a service (two-legged OAuth). Its authorization server is Okta's.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { clientRules, ES, httpsUrl, RS } from './terms.ts'

const ATHENA = 'athenahealth developer documentation, "Token Endpoint"'
const OKTA = 'athenahealth documentation: its OAuth endpoints are Okta\'s; Okta developer guide, "Create and sign the JWT"'

export const athenahealth: PresetData = {
  title: 'athenahealth',
  key: { given: 'jwks-url', source: `${ATHENA}: self-hosted JWKS URL, or an imported JWKS`, verified: true },
  onboarding: {
    steps: [
      { text: 'Create an app for 2-legged OAuth in the console of the Developer Portal, with {url} as its self-hosted JWKS URL.', source: ATHENA }
    ],
    ask: [
      { text: 'Production credentials: apps start in Preview.', source: 'athenahealth developer documentation, "Onboarding Overview"' }
    ],
    values: { iss: NOT_ASSIGNED, aud: 'https://api.preview.platform.athenahealth.com/oauth2/v1/token' }
  },
  alg: { oneOf: [...RS, ...ES], source: `${OKTA}: "one of the supported algorithm values"`, verified: true },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, source: `${ATHENA}: the key is found in the app's JWKS`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: ATHENA, verified: true },
  time: { set: ['iat', 'exp', 'jti'], optional: ['iat', 'jti'], ttl: { default: '4m', max: '1h' }, source: `${OKTA}: exp at most an hour in the future`, verified: true },
  allowed: ['iss', 'sub', 'aud'],
  advice: [{ text: 'a life of five minutes at most, and RS384 or ES384, as SMART asks', source: 'HL7 SMART App Launch 2.2, client-confidential-asymmetric' }],
  rules: [
    ...clientRules(OKTA),
    { id: 'aud-token-url', claim: 'aud', text: 'is the token endpoint\'s URL, one string', required: true, schema: httpsUrl, source: OKTA, verified: true }
  ],
  example: { claims: { iss: 'CLIENT_ID', sub: 'CLIENT_ID', aud: 'https://api.preview.platform.athenahealth.com/oauth2/v1/token' } }
}
