// FAPI 2.0 Security Profile: private_key_jwt whose audience is only the issuer identifier, one string.

import type { PresetData } from '../core/tokens/preset.ts'
import { CLIENT_AUTHENTICATION, clientRules, httpsUrl } from './terms.ts'

const FAPI = 'FAPI 2.0 Security Profile'

export const fapi2: PresetData = {
  title: 'FAPI 2.0',
  key: { given: 'jwks-url', source: `${FAPI}: jwks_uri`, verified: true },
  onboarding: {
    steps: [
      { text: 'In the client metadata: "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "{alg}", "jwks_uri": "{url}".', source: 'RFC 7591 section 2; OpenID Connect Dynamic Client Registration 1.0 section 2' }
    ]
  },
  alg: { oneOf: ['PS256', 'ES256', 'EdDSA'], source: `${FAPI}, section 5.4: PS256, ES256 or EdDSA with Ed25519`, verified: true },
  header: {
    protected: { kid: '${key.kid}', typ: 'JWT' },
    types: ['JWT', CLIENT_AUTHENTICATION],
    source: 'RFC 7523 section 3, RFC 7515 section 4.1.4; types: draft-ietf-oauth-rfc7523bis-11 section 4',
    verified: true
  },
  form: { serialization: 'compact', payload: 'claims', source: 'RFC 7523 section 2.2', verified: true },
  time: { set: ['iat', 'exp', 'jti'], optional: ['iat'], ttl: { default: '1m' }, source: 'RFC 7523 section 3: exp is needed; a short life, no longest one is named', verified: true },
  allowed: ['iss', 'sub', 'aud'],
  rules: [
    ...clientRules('RFC 7523 section 3'),
    {
      id: 'aud-issuer-string',
      claim: 'aud',
      text: 'is the authorization server\'s issuer identifier (params.issuer), a string and not an array',
      required: true,
      fixed: '${params.issuer}',
      schema: httpsUrl,
      source: `${FAPI}, section 5.3.3.1`,
      verified: true
    }
  ],
  example: { params: { issuer: 'https://as.example.com' }, claims: { iss: 'CLIENT_ID', sub: 'CLIENT_ID' } }
}
