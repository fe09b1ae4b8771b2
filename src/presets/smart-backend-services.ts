// SMART Backend Services (HL7 SMART App Launch 2.2, asymmetric client authentication), as eClinicalWorks takes it.

import type { PresetData } from '../core/tokens/preset.ts'
import { nonEmptyString, SMART_ALGS } from './terms.ts'

const SMART = 'HL7 SMART App Launch 2.2, client-confidential-asymmetric'

export const smartBackendServices: PresetData = {
  title: 'SMART Backend Services (eClinicalWorks and others)',
  key: { given: 'jwks-url', source: `${SMART}; the eCW guide "Set up a JWKS Signing Key", step 2`, verified: true },
  onboarding: {
    steps: [
      { text: 'Register the client with {url} as its JWKS URL; the public key itself is only the second choice.', source: SMART }
    ],
    ask: [
      { text: 'The token endpoint: token_endpoint in /.well-known/smart-configuration below the FHIR base URL.', source: 'HL7 SMART App Launch 2.2, conformance' }
    ]
  },
  alg: { oneOf: SMART_ALGS, source: `${SMART}; eCW takes only RS384`, verified: true },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, required: ['typ'], source: SMART, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: SMART, verified: true },
  time: {
    set: ['iat', 'exp', 'jti'],
    optional: ['iat'],
    ttl: { default: '4m', max: '5m' },
    source: `${SMART}: exp no more than five minutes in the future`,
    verified: true
  },
  rules: [
    { id: 'iss-required', claim: 'iss', text: 'is the client_id, a string', required: true, schema: nonEmptyString, source: SMART, verified: true },
    { id: 'sub-required', claim: 'sub', text: 'is the client_id, a string', required: true, schema: nonEmptyString, source: SMART, verified: true },
    { id: 'iss-is-sub', claim: 'sub', text: 'equals iss: both are the client_id', same: 'iss', source: SMART, verified: true },
    {
      id: 'aud-string',
      claim: 'aud',
      text: 'is the token endpoint\'s URL, one string and not an array',
      required: true,
      schema: nonEmptyString,
      source: SMART,
      verified: true
    }
  ],
  example: { claims: { iss: 'CLIENT_ID', sub: 'CLIENT_ID', aud: 'https://oauth.example.com/oauth2/token' } }
}
