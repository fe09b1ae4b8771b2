// Okta: private_key_jwt of a service app.

import type { PresetData } from '../core/tokens/preset.ts'

const OKTA = 'Okta developer guide, "Create and sign the JWT" (service app)'
const nonEmptyString = { type: 'string', minLength: 1 }

export const okta: PresetData = {
  title: 'Okta',
  key: { given: 'jwks-url', source: OKTA, verified: false },
  alg: { oneOf: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'], source: OKTA, verified: false },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, source: 'Okta support, "Creating a Private Key JWT when a Client Has Multiple Public/Private Key Pairs"', verified: true },
  form: { serialization: 'compact', payload: 'claims', source: OKTA, verified: true },
  time: { set: ['iat', 'exp', 'jti'], ttl: { default: '5m', max: '1h' }, source: `${OKTA}: exp at most an hour in the future`, verified: true },
  allowed: ['iss', 'sub', 'aud'],
  rules: [
    { id: 'iss-required', claim: 'iss', text: 'is the client_id', required: true, schema: nonEmptyString, source: OKTA, verified: true },
    { id: 'sub-is-iss', claim: 'sub', text: 'is the client_id, as iss', required: true, same: 'iss', source: OKTA, verified: true },
    { id: 'aud-string', claim: 'aud', text: 'is the full URL of the token endpoint', required: true, schema: nonEmptyString, source: OKTA, verified: true }
  ],
  example: { claims: { iss: '0oar95zt9zIpYuz6A0h7', sub: '0oar95zt9zIpYuz6A0h7', aud: 'https://example.okta.com/oauth2/v1/token' } }
}
