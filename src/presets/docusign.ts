// DocuSign JWT grant: the audience is a bare host, without scheme or path.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { nonEmptyString } from './terms.ts'

const DOCUSIGN = 'DocuSign developer documentation, "JWT Grant" / "Service Integration Authentication"'

export const docusign: PresetData = {
  title: 'DocuSign',
  key: { given: 'pem', source: DOCUSIGN, verified: true },
  onboarding: {
    steps: [
      { text: 'Open Apps and Keys, your app, Service Integration, and upload the public key.', source: 'Software AG documentation, "DocuSign JWT Authentication in webMethods CloudStreams"' },
      { text: 'Get the consent of the user, or of the administrator, whom the app impersonates.', source: DOCUSIGN }
    ],
    values: { iss: NOT_ASSIGNED, aud: 'account-d.docusign.com' }
  },
  alg: { oneOf: ['RS256'], source: DOCUSIGN, verified: true },
  header: { protected: { typ: 'JWT' }, source: DOCUSIGN, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: DOCUSIGN, verified: true },
  time: { set: ['iat', 'exp'], ttl: { default: '10m', max: '1h' }, source: `${DOCUSIGN}: exp at most one hour after iat`, verified: true },
  allowed: ['iss', 'sub', 'aud', 'scope'],
  rules: [
    { id: 'iss-required', claim: 'iss', text: 'is the integration key', required: true, schema: nonEmptyString, source: DOCUSIGN, verified: true },
    { id: 'sub-required', claim: 'sub', text: 'is the user ID to impersonate', required: true, schema: nonEmptyString, source: DOCUSIGN, verified: true },
    {
      id: 'aud-host',
      claim: 'aud',
      text: 'is account-d.docusign.com or account.docusign.com, without https://',
      required: true,
      schema: { enum: ['account.docusign.com', 'account-d.docusign.com'] },
      source: DOCUSIGN,
      verified: true
    },
    { id: 'scope-required', claim: 'scope', text: 'lists scopes, for instance "signature impersonation"', required: true, schema: nonEmptyString, source: DOCUSIGN, verified: true }
  ],
  example: { claims: { iss: 'INTEGRATION_KEY', sub: 'USER_ID', aud: 'account-d.docusign.com', scope: 'signature impersonation' } }
}
