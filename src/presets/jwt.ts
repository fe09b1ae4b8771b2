// A plain JWT (RFC 7519): no vendor's rules beyond what the standard says of the registered claims. With RS256 it is the
// usual bearer token: `Authorization: Bearer`, verified with the keys of the JWKS URL.

import { ALGS } from '../core/keys/alg.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { CLIENT_AUTHENTICATION } from './terms.ts'

const RFC_7519 = 'RFC 7519 section 4.1'

export const jwt: PresetData = {
  title: 'JSON Web Token (RFC 7519)',
  key: { given: 'jwks-url', source: 'RFC 7517 section 5', verified: true },
  alg: { oneOf: ALGS, source: 'RFC 7518 section 3.1, RFC 8037', verified: true },
  header: {
    protected: { kid: '${key.kid}', typ: 'JWT' },
    types: ['at+jwt', 'secevent+jwt', 'logout+jwt', CLIENT_AUTHENTICATION, 'dpop+jwt', 'oauth-authz-req+jwt', 'entity-statement+jwt'],
    source: 'RFC 7515 section 4.1.4, RFC 7519 section 5.1; types: IANA media types registry, RFC 8725 section 3.11',
    verified: true
  },
  form: { serialization: 'compact', payload: 'claims', source: 'RFC 7519 section 3', verified: true },
  time: {
    set: ['iat', 'exp', 'jti'],
    optional: ['iat', 'exp', 'jti'],
    ttl: { default: '5m' },
    source: 'RFC 7519 sections 4.1.4 to 4.1.7; the standard names no longest life',
    verified: true
  },
  rules: [
    { id: 'iss-type', claim: 'iss', text: 'is a string', schema: { type: 'string' }, source: RFC_7519, verified: true },
    { id: 'sub-type', claim: 'sub', text: 'is a string', schema: { type: 'string' }, source: RFC_7519, verified: true },
    {
      id: 'aud-type',
      claim: 'aud',
      text: 'is a string or an array of strings',
      schema: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      source: RFC_7519,
      verified: true
    }
  ],
  example: { claims: { iss: 'https://service.example.com', sub: 'me', aud: 'https://api.example.com' } }
}
