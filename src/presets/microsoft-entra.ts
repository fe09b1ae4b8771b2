// Microsoft Entra ID: a client assertion signed with a certificate. The header names the certificate, never a kid.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'

const ENTRA = 'Microsoft identity platform, "Application authentication certificate credentials"'
const guid = { type: 'string', pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' }

export const microsoftEntra: PresetData = {
  title: 'Microsoft Entra ID',
  key: { given: 'certificate', source: ENTRA, verified: true },
  onboarding: {
    steps: [
      { text: 'In App registrations, open your application, Certificates & secrets, Certificates, and upload the certificate (.cer, .pem or .crt).', source: 'Microsoft Entra documentation, "Add and manage application credentials"' },
      { text: 'Compare the thumbprint that Entra shows: {thumbprint}.', source: 'Microsoft Entra documentation, "Add and manage application credentials"' }
    ],
    values: { iss: '00000000-0000-0000-0000-000000000000', aud: `https://login.microsoftonline.com/${NOT_ASSIGNED}/oauth2/v2.0/token` }
  },
  alg: { oneOf: ['PS256'], source: `${ENTRA}: "Should be PS256"`, verified: true },
  header: { protected: { typ: 'JWT', 'x5t#S256': '${key.x5t#S256}' }, source: `${ENTRA}, header`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: ENTRA, verified: true },
  time: {
    set: ['iat', 'nbf', 'exp', 'jti'],
    ttl: { default: '5m', max: '10m' },
    source: `${ENTRA}: "5-10 minutes after nbf at most"; jti a GUID`,
    verified: true
  },
  allowed: ['iss', 'sub', 'aud'],
  rules: [
    { id: 'iss-guid', claim: 'iss', text: 'is the application ID, a GUID', required: true, schema: guid, source: ENTRA, verified: true },
    { id: 'sub-is-iss', claim: 'sub', text: 'is the application ID, as iss', required: true, same: 'iss', source: ENTRA, verified: true },
    {
      id: 'aud-token-url',
      claim: 'aud',
      text: 'is the tenant\'s token endpoint',
      required: true,
      schema: { type: 'string', pattern: '^https://[^/]+/[^/]+/oauth2/v2\\.0/token$' },
      source: ENTRA,
      verified: true
    },
    { id: 'jti-guid', claim: 'jti', text: 'is a GUID', schema: guid, source: ENTRA, verified: true }
  ],
  example: {
    claims: {
      iss: '11111111-2222-3333-4444-555555555555',
      sub: '11111111-2222-3333-4444-555555555555',
      aud: 'https://login.microsoftonline.com/TENANT_ID/oauth2/v2.0/token'
    }
  }
}
