// Google service account: the JWT bearer assertion of OAuth 2.0 for server to server applications. Google makes the
// key pair; its key id is the kid: pin it with a note.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { httpsUrl, nonEmptyString } from './terms.ts'

const KEYS = 'Google AIP-4112, "Service Account Keys"'
const GOOGLE = 'Google Identity, "Using OAuth 2.0 for Server to Server Applications"'

export const googleServiceAccount: PresetData = {
  title: 'Google service account',
  key: { given: 'vendor', source: GOOGLE, verified: true },
  onboarding: {
    steps: [
      { text: 'Open the service account in the Google Cloud console, Keys, Add key, Create new key, JSON; the file can be downloaded once.', source: 'Google Cloud documentation, "Create and delete service account keys"' }
    ],
    values: { iss: `${NOT_ASSIGNED}@not-assigned-yet.invalid`, aud: 'https://oauth2.googleapis.com/token' }
  },
  alg: { oneOf: ['RS256'], source: `${KEYS}: "Sign the JWT with RSA-256"`, verified: true },
  header: { protected: { typ: 'JWT', kid: '${key.kid}' }, source: `${KEYS}: kid is private_key_id`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: KEYS, verified: true },
  time: { set: ['iat', 'exp'], ttl: { default: '1h', max: '1h' }, source: `${GOOGLE}: exp at most one hour after iat`, verified: true },
  allowed: ['iss', 'sub', 'aud', 'scope', 'target_audience'],
  rules: [
    {
      id: 'iss-email',
      claim: 'iss',
      text: 'is the service account\'s email address',
      required: true,
      schema: { type: 'string', pattern: '^[^@ ]+@[^@ ]+$' },
      source: `${KEYS}: client_email`,
      verified: true
    },
    { id: 'aud-string', claim: 'aud', text: 'is one URL', required: true, schema: httpsUrl, source: `${GOOGLE}: https://oauth2.googleapis.com/token`, verified: true },
    { id: 'scope-string', claim: 'scope', text: 'is a list of scopes with spaces between', schema: nonEmptyString, source: `${KEYS}: "single space as delimiter"`, verified: true }
  ],
  example: {
    claims: {
      iss: 'robot@project.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/devstorage.read_only',
      aud: 'https://oauth2.googleapis.com/token'
    }
  }
}
