// Salesforce OAuth 2.0 JWT bearer flow: a header with only alg, and a certificate uploaded to the connected app.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { nonEmptyString } from './terms.ts'

const SALESFORCE = 'Salesforce Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration"'

export const salesforce: PresetData = {
  title: 'Salesforce',
  key: { given: 'certificate', source: `${SALESFORCE}: uploaded to the connected app`, verified: true },
  onboarding: {
    steps: [
      { text: 'In the connected app: Enable OAuth Settings, Use digital signatures, upload the certificate.', source: SALESFORCE },
      { text: 'Approve the app for the user beforehand: Permitted Users, "Admin approved users are pre-authorized".', source: SALESFORCE }
    ],
    values: { iss: NOT_ASSIGNED, aud: 'https://login.salesforce.com' }
  },
  alg: { oneOf: ['RS256'], source: SALESFORCE, verified: true },
  header: { protected: {}, source: `${SALESFORCE}: {"alg":"RS256"}`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: SALESFORCE, verified: true },
  time: { set: ['exp'], ttl: { default: '2m' }, source: `${SALESFORCE}: exp is needed; jti is not`, verified: true },
  allowed: ['iss', 'sub', 'aud'],
  advice: [{ text: 'exp lies at most three minutes ahead', source: `${SALESFORCE}, of which older versions say five` }],
  rules: [
    { id: 'iss-required', claim: 'iss', text: 'is the connected app\'s consumer key', required: true, schema: nonEmptyString, source: SALESFORCE, verified: true },
    { id: 'sub-required', claim: 'sub', text: 'is the user\'s username', required: true, schema: nonEmptyString, source: SALESFORCE, verified: true },
    {
      id: 'aud-login-url',
      claim: 'aud',
      text: 'is https://login.salesforce.com, https://test.salesforce.com or the URL of the Experience Cloud site, not the token endpoint',
      required: true,
      schema: { type: 'string', pattern: '^https://(?!.*/services/oauth2/)' },
      source: SALESFORCE,
      verified: true
    }
  ],
  example: { claims: { iss: 'CONSUMER_KEY', sub: 'my@email.com', aud: 'https://login.salesforce.com' } }
}
