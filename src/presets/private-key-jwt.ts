// Client authentication by private_key_jwt as the update of RFC 7523 wants it: a type of its own, and only the issuer
// identifier of the authorization server as audience. For servers that have no preset of their own.

import { ALGS } from '../core/keys/alg.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { CLIENT_AUTHENTICATION, clientRules, httpsUrl } from './terms.ts'

const BIS = 'draft-ietf-oauth-rfc7523bis-11 section 4'

export const privateKeyJwt: PresetData = {
  title: 'private_key_jwt (RFC 7523 and its update)',
  key: { given: 'jwks-url', source: 'RFC 7591 section 2: jwks_uri', verified: true },
  onboarding: {
    steps: [
      { text: 'In the client metadata: "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "{alg}", "jwks_uri": "{url}".', source: 'RFC 7591 section 2; OpenID Connect Dynamic Client Registration 1.0 section 2' }
    ]
  },
  alg: { oneOf: ALGS, source: 'RFC 7523 section 5: any; the server names its own as token_endpoint_auth_signing_alg_values_supported', verified: true },
  header: {
    protected: { kid: '${key.kid}', typ: CLIENT_AUTHENTICATION },
    types: [CLIENT_AUTHENTICATION, 'JWT'],
    source: `${BIS}; typ: JWT for servers that do not know the new type yet`,
    verified: true
  },
  form: { serialization: 'compact', payload: 'claims', source: 'RFC 7523 section 2.2', verified: true },
  time: { set: ['iat', 'exp', 'jti'], optional: ['iat'], ttl: { default: '1m' }, source: 'RFC 7523 section 3: exp is needed; no longest life is named', verified: true },
  allowed: ['iss', 'sub', 'aud'],
  rules: [
    ...clientRules('RFC 7523 section 3'),
    {
      id: 'aud-issuer-string',
      claim: 'aud',
      text: 'is only the issuer identifier of the authorization server (params.issuer), a string and not an array',
      required: true,
      fixed: '${params.issuer}',
      schema: httpsUrl,
      source: BIS,
      verified: true
    }
  ],
  example: { params: { issuer: 'https://as.example.com' }, claims: { iss: 'CLIENT_ID', sub: 'CLIENT_ID' } }
}
