// Keycloak: a client whose authenticator is "Signed JWT". Since 26.2 it refuses several audiences.

import { ALGS } from '../core/keys/alg.ts'
import { NOT_ASSIGNED, NOT_ASSIGNED_ORIGIN } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { clientRules, httpsUrl } from './terms.ts'

const ADMIN = 'Keycloak Server Administration Guide, "Confidential client credentials"'
const UPGRADE = 'Keycloak upgrading guide, 26.2: "JWT Client authentication aligned with the latest OIDC specification"'

export const keycloak: PresetData = {
  title: 'Keycloak',
  key: { given: 'jwks-url', source: `${ADMIN}: Use JWKS URL`, verified: true },
  onboarding: {
    steps: [
      { text: 'Open the client; choose Signed JWT in the tab Credentials, and switch Use JWKS URL on in the tab Keys, with {url}.', source: ADMIN }
    ],
    values: { iss: NOT_ASSIGNED, aud: `${NOT_ASSIGNED_ORIGIN}/realms/not-assigned-yet` }
  },
  alg: { oneOf: ALGS, source: `${ADMIN}: "any algorithm is valid by default"`, verified: true },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, source: 'RFC 7515 section 4.1.4: the key is found in the JWK Set', verified: true },
  form: { serialization: 'compact', payload: 'claims', source: ADMIN, verified: true },
  time: {
    set: ['iat', 'exp', 'jti'],
    optional: ['iat'],
    leeway: '15s',
    ttl: { default: '1m' },
    source: `${ADMIN}: used within 60 seconds by default, whatever exp says, keycloak#38576; clocks may differ by 15 seconds, keycloak#34805`,
    verified: true
  },
  allowed: ['iss', 'sub', 'aud'],
  advice: [{ text: 'aud is the issuer, https://HOST/realms/REALM: later versions may take no other URL', source: `${UPGRADE}; keycloak#38751` }],
  rules: [
    ...clientRules(ADMIN),
    {
      id: 'aud-single',
      claim: 'aud',
      text: 'is one string: the issuer of the realm, or one of its endpoints',
      required: true,
      schema: httpsUrl,
      source: UPGRADE,
      verified: true
    }
  ],
  example: { claims: { iss: 'my-client', sub: 'my-client', aud: 'https://keycloak.example.com/realms/main' } }
}
