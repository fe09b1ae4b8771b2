// Okta: private_key_jwt of a service app.

import type { PresetData } from '../core/tokens/preset.ts'
import { clientRules, ES, nonEmptyString, RS } from './terms.ts'

const OKTA = 'Okta developer guide, "Create and sign the JWT" (service app)'

export const okta: PresetData = {
  title: 'Okta',
  key: { given: 'jwks-url', source: 'Okta developer guide, "Implement OAuth for Okta with a service app": "Use a URL to fetch keys dynamically"', verified: true },
  onboarding: {
    steps: [
      { text: 'Create a service app (API Services), choose "Public key / Private key", then "Use a URL to fetch keys dynamically", enter {url}, and grant the scopes.', source: 'Okta developer guide, "Implement OAuth for Okta with a service app"' }
    ]
  },
  alg: { oneOf: [...RS, ...ES], source: `${OKTA}: "one of the supported algorithm values"`, verified: true },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, source: 'Okta support, "Creating a Private Key JWT when a Client Has Multiple Public/Private Key Pairs"', verified: true },
  form: { serialization: 'compact', payload: 'claims', source: OKTA, verified: true },
  time: { set: ['iat', 'exp', 'jti'], optional: ['iat', 'jti'], ttl: { default: '5m', max: '1h' }, source: `${OKTA}: exp at most an hour in the future`, verified: true },
  allowed: ['iss', 'sub', 'aud'],
  rules: [
    ...clientRules(OKTA),
    { id: 'aud-string', claim: 'aud', text: 'is the full URL of the token endpoint', required: true, schema: nonEmptyString, source: OKTA, verified: true }
  ],
  example: { claims: { iss: '0oar95zt9zIpYuz6A0h7', sub: '0oar95zt9zIpYuz6A0h7', aud: 'https://example.okta.com/oauth2/v1/token' } }
}
