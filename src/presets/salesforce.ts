// Salesforce OAuth 2.0 JWT bearer flow: a header of alg alone, and a certificate uploaded to the connected app.

import type { PresetData } from '../core/tokens/preset.ts'

const SALESFORCE = 'Salesforce Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration"'
const nonEmptyString = { type: 'string', minLength: 1 }

export const salesforce: PresetData = {
  title: 'Salesforce',
  key: { given: 'certificate', source: `${SALESFORCE}: uploaded to the connected app`, verified: true },
  alg: { oneOf: ['RS256'], source: SALESFORCE, verified: true },
  header: { protected: {}, source: `${SALESFORCE}: {"alg":"RS256"}`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: SALESFORCE, verified: true },
  time: { set: ['exp'], ttl: { default: '2m', max: '3m' }, source: `${SALESFORCE}: exp within three minutes`, verified: false },
  allowed: ['iss', 'sub', 'aud'],
  rules: [
    { id: 'iss-required', claim: 'iss', text: 'is the connected app\'s consumer key', required: true, schema: nonEmptyString, source: SALESFORCE, verified: true },
    { id: 'sub-required', claim: 'sub', text: 'is the user\'s username', required: true, schema: nonEmptyString, source: SALESFORCE, verified: true },
    {
      id: 'aud-login-url',
      claim: 'aud',
      text: 'is the login server\'s URL without a path, for instance https://login.salesforce.com',
      required: true,
      schema: { type: 'string', pattern: '^https://[^/]+[^/]$' },
      source: SALESFORCE,
      verified: false
    }
  ],
  example: { claims: { iss: 'CONSUMER_KEY', sub: 'my@email.com', aud: 'https://login.salesforce.com' } }
}
