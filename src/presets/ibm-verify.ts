// IBM Verify: private_key_jwt whose audience is the tenant's issuer.

import type { PresetData } from '../core/tokens/preset.ts'
import { clientRules, httpsUrl, PS, RS } from './terms.ts'

const IBM = 'IBM Verify documentation, "Create the client secret JWT and private key JWT"'

export const ibmVerify: PresetData = {
  title: 'IBM Verify',
  key: { given: 'jwks-url', source: `${IBM}: jwks_uri`, verified: true },
  onboarding: {
    steps: [
      { text: 'Enter {url} as the JWKS URI of the client, with private_key_jwt as its authentication.', source: IBM }
    ]
  },
  alg: { oneOf: [...RS, ...PS], source: `${IBM}, supported algorithms`, verified: true },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, source: `${IBM}: kid identifies the key`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: IBM, verified: true },
  time: { set: ['iat', 'exp', 'jti'], optional: ['iat'], ttl: { default: '5m', max: '24h' }, source: `${IBM}: exp at most 86400 seconds in the future`, verified: true },
  allowed: ['iss', 'sub', 'aud'],
  rules: [
    ...clientRules(IBM),
    {
      id: 'aud-issuer',
      claim: 'aud',
      text: 'is the issuer of the well-known endpoint (params.issuer)',
      required: true,
      fixed: '${params.issuer}',
      schema: httpsUrl,
      source: IBM,
      verified: true
    }
  ],
  example: { params: { issuer: 'https://tenant.verify.ibm.com/oidc/endpoint/default' }, claims: { iss: 'CLIENT_ID', sub: 'CLIENT_ID' } }
}
