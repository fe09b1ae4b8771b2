// Microsoft AD FS: as Entra ID in its older form, but any client ID, and an audience of its own.

import { NOT_ASSIGNED, NOT_ASSIGNED_ORIGIN } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { microsoftEntraX5t } from './microsoft-entra-x5t.ts'
import { clientRules } from './terms.ts'

const ADFS = 'Microsoft [MS-OAPX], AD FS: sign_certificates for private_key_jwt'
const MSAL = 'MSAL.NET, IsSha2CredentialSupported: not for AD FS, so RS256 and x5t'

export const microsoftAdfs: PresetData = {
  ...microsoftEntraX5t,
  title: 'Microsoft AD FS',
  key: { given: 'certificate', source: ADFS, verified: true },
  onboarding: {
    steps: [
      { text: 'Register the certificate: Add-AdfsServerApplication with -JWTSigningCertificate.', source: 'Microsoft documentation, PowerShell module ADFS, Add-AdfsServerApplication' }
    ],
    values: { iss: NOT_ASSIGNED, aud: `${NOT_ASSIGNED_ORIGIN}/adfs/oauth2/token` }
  },
  alg: { oneOf: ['RS256'], source: MSAL, verified: true },
  header: { protected: { typ: 'JWT', x5t: '${key.x5t}' }, source: MSAL, verified: true },
  rules: [
    ...clientRules(ADFS),
    {
      id: 'aud-token-url',
      claim: 'aud',
      text: 'is the token endpoint, https://HOST/adfs/oauth2/token',
      required: true,
      schema: { type: 'string', pattern: '^https://[^/]+/adfs(/oauth2/token/?)?$' },
      source: 'MSAL.NET: the audience of a client assertion is the token endpoint',
      verified: true
    }
  ],
  example: { claims: { iss: 'my-client', sub: 'my-client', aud: 'https://adfs.example.com/adfs/oauth2/token' } }
}
