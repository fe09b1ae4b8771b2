// HappyPathology: the key's id is a claim and no header member. Pin the id that they give you with a note, `# kid: …`,
// or force it as claims.kid.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { nonEmptyString } from './terms.ts'

const HAPPY = 'HappyPathology documentation, "Signing JWTs"'

export const happypathology: PresetData = {
  title: 'HappyPathology',
  key: { given: 'pem', kid: 'assigned', source: `${HAPPY}: shared by hand, "Your Key ID" is received for it`, verified: true },
  onboarding: {
    steps: [
      { text: 'Send the public key to HappyPathology; the private key stays here.', source: `${HAPPY}: what you create, and what they provide` }
    ],
    values: { iss: NOT_ASSIGNED, kid: NOT_ASSIGNED }
  },
  alg: { oneOf: ['RS256'], source: `${HAPPY}: jwa.RS256, algorithm="RS256"`, verified: true },
  header: { protected: { typ: 'JWT' }, source: `${HAPPY}: what the Python sample writes`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: HAPPY, verified: true },
  time: {
    set: ['iat', 'exp', 'jti'],
    ttl: { default: '1h', max: '1h' },
    source: `${HAPPY}: "you can set it to 1 hour or less"`,
    verified: true
  },
  allowed: ['iss', 'sub', 'aud', 'kid'],
  rules: [
    {
      id: 'aud-host',
      claim: 'aud',
      text: 'is "api.happypathology.com"',
      required: true,
      fixed: 'api.happypathology.com',
      source: `${HAPPY}: "Audience api.happypathology.com"`,
      verified: true
    },
    {
      id: 'iss-required', claim: 'iss', text: 'is your Organization ID', required: true, schema: nonEmptyString, source: `${HAPPY}: "Your Organization ID"`, verified: true
    },
    {
      id: 'sub-required', claim: 'sub', text: 'identifies the user', required: true, schema: nonEmptyString, source: `${HAPPY}: "User ID"`, verified: true
    },
    {
      id: 'kid-claim',
      claim: 'kid',
      text: 'is your Key ID',
      required: true,
      value: '${key.kid}',
      schema: nonEmptyString,
      source: `${HAPPY}: "key ID (custom claim)"`,
      verified: true
    }
  ],
  example: { claims: { iss: 'YOUR_ORGANIZATION_ID', sub: 'A_USER_ID', kid: 'YOUR_KEY_ID' } }
}
