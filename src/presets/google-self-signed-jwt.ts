// Google, self-signed JWT: a service account calls an API with a JWT of its own, without a token request. It says what it
// may do by scope, or which API it is for by aud, and never both. Google makes the key pair: pin its id with a note.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { httpsUrl, nonEmptyString } from './terms.ts'

const SELF_SIGNED = 'Google AIP-4111, "Self-signed JWT"'

export const googleSelfSignedJwt: PresetData = {
  title: 'Google self-signed JWT',
  key: { given: 'vendor', source: `${SELF_SIGNED}: the service account's private key`, verified: true },
  onboarding: {
    steps: [
      { text: 'Open the service account in the Google Cloud console, Keys, Add key, Create new key, JSON; the file can be downloaded once.', source: 'Google Cloud documentation, "Create and delete service account keys"' }
    ],
    values: { iss: `${NOT_ASSIGNED}@not-assigned-yet.invalid` }
  },
  alg: { oneOf: ['RS256'], source: `${SELF_SIGNED}: "Sign the JWT with RSA-256"`, verified: true },
  header: { protected: { typ: 'JWT', kid: '${key.kid}' }, source: `${SELF_SIGNED}: kid is private_key_id`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: SELF_SIGNED, verified: true },
  time: { set: ['iat', 'exp'], ttl: { default: '1h', max: '1h' }, source: `${SELF_SIGNED}: exp is 3600 seconds after iat`, verified: true },
  allowed: ['iss', 'sub', 'aud', 'scope'],
  rules: [
    {
      id: 'iss-email',
      claim: 'iss',
      text: 'is the service account\'s email address',
      required: true,
      schema: { type: 'string', pattern: '^[^@ ]+@[^@ ]+$' },
      source: `${SELF_SIGNED}: client_email`,
      verified: true
    },
    { id: 'sub-is-iss', claim: 'sub', text: 'is the email address, as iss', required: true, value: '${claims.iss}', same: 'iss', source: SELF_SIGNED, verified: true },
    {
      id: 'scope-or-aud',
      claim: 'scope',
      text: 'is a list of scopes with spaces between; it takes the place of aud, so one of the two is there and never both',
      schema: nonEmptyString,
      claims: { oneOf: [{ type: 'object', required: ['scope'] }, { type: 'object', required: ['aud'] }] },
      source: `${SELF_SIGNED}: "caller must not specify scope and audience at the same time"`,
      verified: true
    },
    { id: 'aud-string', claim: 'aud', text: 'is the URL of the API, one string', schema: httpsUrl, source: `${SELF_SIGNED}: https://[API_ENDPOINT]/`, verified: true }
  ],
  example: { claims: { iss: 'robot@project.iam.gserviceaccount.com', aud: 'https://pubsub.googleapis.com/' } }
}
