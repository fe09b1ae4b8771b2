// ZITADEL, service users: ZITADEL makes the key pair; its keyId is the kid: pin it with a note.

import { NOT_ASSIGNED, NOT_ASSIGNED_ORIGIN } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { clientRules, httpsUrl } from './terms.ts'

const ZITADEL = 'ZITADEL documentation, "Configure private key JWT authentication for service users"'

export const zitadel: PresetData = {
  title: 'ZITADEL',
  key: { given: 'vendor', source: `${ZITADEL}: key file with keyId`, verified: true },
  onboarding: {
    steps: [
      { text: 'Open the service user, Keys, New, and download the key file: keyId is the kid, userId is iss and sub.', source: ZITADEL }
    ],
    values: { iss: NOT_ASSIGNED, aud: NOT_ASSIGNED_ORIGIN }
  },
  alg: { oneOf: ['RS256'], source: `${ZITADEL}: "sign it with the RS256 algorithm"`, verified: true },
  header: { protected: { kid: '${key.kid}' }, source: `${ZITADEL}: kid is keyId`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: ZITADEL, verified: true },
  time: { set: ['iat', 'exp'], ttl: { default: '5m' }, source: `${ZITADEL}: iat at most an hour ago; no longest life is named`, verified: true },
  allowed: ['iss', 'sub', 'aud'],
  rules: [
    ...clientRules(ZITADEL, 'the userId of the key file'),
    { id: 'aud-domain', claim: 'aud', text: 'is the URL of your custom domain', required: true, schema: httpsUrl, source: ZITADEL, verified: true }
  ],
  example: { claims: { iss: '100507859606888466', sub: '100507859606888466', aud: 'https://my-domain.zitadel.cloud' } }
}
