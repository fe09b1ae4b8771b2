// Google service account: the JWT bearer assertion of OAuth 2.0 for server to server applications. Google makes the
// key pair; its key id is the kid: pin it with a note.

import type { PresetData } from '../core/tokens/preset.ts'

const GOOGLE = 'Google Identity, "Using OAuth 2.0 for Server to Server Applications"'

export const googleServiceAccount: PresetData = {
  title: 'Google service account',
  key: { given: 'vendor', source: GOOGLE, verified: true },
  alg: { oneOf: ['RS256'], source: GOOGLE, verified: false },
  header: { protected: { typ: 'JWT', kid: '${key.kid}' }, source: GOOGLE, verified: false },
  form: { serialization: 'compact', payload: 'claims', source: GOOGLE, verified: false },
  time: { set: ['iat', 'exp'], ttl: { default: '1h', max: '1h' }, source: `${GOOGLE}: exp at most one hour after iat`, verified: true },
  allowed: ['iss', 'sub', 'aud', 'scope'],
  rules: [
    {
      id: 'iss-email',
      claim: 'iss',
      text: 'is the service account\'s email address',
      required: true,
      schema: { type: 'string', pattern: '^[^@ ]+@[^@ ]+$' },
      source: GOOGLE,
      verified: false
    },
    { id: 'aud-string', claim: 'aud', text: 'is one URL', required: true, schema: { type: 'string', pattern: '^https://' }, source: GOOGLE, verified: false },
    { id: 'scope-string', claim: 'scope', text: 'is a list of scopes with spaces between', schema: { type: 'string', minLength: 1 }, source: GOOGLE, verified: false }
  ],
  example: {
    claims: {
      iss: 'robot@project.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/devstorage.read_only',
      aud: 'https://oauth2.googleapis.com/token'
    }
  }
}
