// ServiceNow, JWT bearer grant: the instance verifies the token and finds its user by sub.

import type { PresetData } from '../core/tokens/preset.ts'
import { ES, nonEmptyString, RS } from './terms.ts'

const GRANT = 'ServiceNow documentation, "Configure an OAuth JSON web token bearer grant"'
const ENDPOINT = 'ServiceNow documentation, "Create an OAuth JWT API endpoint for external clients"'

export const servicenow: PresetData = {
  title: 'ServiceNow',
  key: { given: 'jwks-url', source: `${GRANT}: JWKS URL, or a certificate`, verified: true },
  onboarding: {
    steps: [
      { text: 'Open Machine Identity Console, Inbound integrations, New integration, JWT bearer grant, and enter {url} as JWKS URL.', source: GRANT }
    ]
  },
  alg: { oneOf: [...RS, ...ES], source: `${GRANT}: the supported algorithms`, verified: true },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, source: 'ServiceNow support, KB2683759: sample of a signed JWT', verified: true },
  form: { serialization: 'compact', payload: 'claims', source: GRANT, verified: true },
  time: { set: ['iat', 'exp', 'jti'], ttl: { default: '5m' }, source: `${ENDPOINT}: exp is "any desired expiration"; jti is verified unless switched off`, verified: true },
  rules: [
    { id: 'iss-required', claim: 'iss', text: 'is the client ID of the registration', required: true, schema: nonEmptyString, source: GRANT, verified: true },
    { id: 'sub-required', claim: 'sub', text: 'identifies the user, for instance by email address', required: true, schema: nonEmptyString, source: GRANT, verified: true },
    {
      id: 'aud-string',
      claim: 'aud',
      text: 'is the client ID of the registration, one string (the token endpoint for a bearer grant of newer releases)',
      required: true,
      schema: nonEmptyString,
      source: `${ENDPOINT}; "JSON Web token bearer grant"`,
      verified: true
    }
  ],
  example: { claims: { iss: 'e0d2aeba6cc9468faf62aba562e4b665', sub: 'user@example.com', aud: 'e0d2aeba6cc9468faf62aba562e4b665' } }
}
