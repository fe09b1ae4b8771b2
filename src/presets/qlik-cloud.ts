// Qlik Cloud: private_key_jwt of an OAuth client, whose public key is registered as a JWK.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { clientRules } from './terms.ts'

const QLIK = 'Qlik developer documentation, "Private Key JWT reference"'

export const qlikCloud: PresetData = {
  title: 'Qlik Cloud',
  key: { given: 'jwk', source: `${QLIK}: "Register your public key in JWK format"`, verified: true },
  onboarding: {
    steps: [
      { text: 'Open Administration, OAuth, Create new, Web; choose Private key JWT, paste the JWK, choose Machine-to-machine, and set the consent method to Trusted.', source: 'Qlik developer documentation, "Create a M2M OAuth2 client"' }
    ],
    values: { iss: NOT_ASSIGNED, aud: `https://${NOT_ASSIGNED}.qlikcloud.com/oauth/token` }
  },
  alg: { oneOf: ['RS256', 'RS512', 'ES384'], source: `${QLIK}, supported algorithms`, verified: true },
  header: { protected: { kid: '${key.kid}' }, source: `${QLIK}, JWT headers: alg and kid`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: QLIK, verified: true },
  time: { set: ['iat', 'exp', 'jti'], ttl: { default: '4m', max: '5m' }, source: `${QLIK}: exp at most 5 minutes after iat; jti a UUID`, verified: true },
  allowed: ['iss', 'sub', 'aud'],
  rules: [
    ...clientRules(QLIK, 'the OAuth client ID'),
    {
      id: 'aud-token-url',
      claim: 'aud',
      text: 'is the tenant\'s token endpoint without a trailing slash',
      required: true,
      schema: { type: 'string', pattern: '^https://[^/]+/oauth/token$' },
      source: `${QLIK}: "No trailing slash"`,
      verified: true
    }
  ],
  example: { claims: { iss: 'my-oauth-client-id', sub: 'my-oauth-client-id', aud: 'https://my-tenant.qlikcloud.com/oauth/token' } }
}
