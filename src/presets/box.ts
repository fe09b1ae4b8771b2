// Box, JWT without SDKs: a minute at most, and the id of the public key in Box's console as kid: pin it with a note.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { nonEmptyString, RS } from './terms.ts'

const BOX = 'Box Developer, "JWT without SDKs"'

export const box: PresetData = {
  title: 'Box',
  key: { given: 'pem', source: BOX, verified: true },
  onboarding: {
    steps: [
      { text: 'In the Developer Console, open the app, Configuration, Add and Manage Public Keys, and add the public key; your account needs two-factor authentication.', source: 'Box Developer, "Setup with JWT"' },
      { text: 'Box gives the key an ID: write it as a line "# kid: ID" above the key in its file, and restart jwksd.', source: `${BOX}: kid is the public key ID` },
      { text: 'An administrator of the enterprise authorizes the app.', source: 'Box Developer, "Setup with JWT"' }
    ],
    ask: [
      { text: 'The enterprise ID: callers send it as sub, with box_sub_type "enterprise".', source: BOX }
    ],
    values: { iss: NOT_ASSIGNED }
  },
  alg: { oneOf: RS, source: `${BOX}: "one of RS256, RS384, or RS512"`, verified: true },
  header: { protected: { typ: 'JWT', kid: '${key.kid}' }, source: `${BOX}: kid is appAuth.publicKeyID`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: BOX, verified: true },
  time: { set: ['exp', 'jti'], ttl: { default: '45s', max: '60s' }, source: `${BOX}: exp at most 60 seconds ahead; jti of 16 to 128 characters`, verified: true },
  allowed: ['iss', 'sub', 'aud', 'box_sub_type', 'name'],
  rules: [
    { id: 'iss-required', claim: 'iss', text: 'is the application\'s client ID', required: true, schema: nonEmptyString, source: BOX, verified: true },
    { id: 'sub-required', claim: 'sub', text: 'is the enterprise ID or a user ID', required: true, schema: nonEmptyString, source: BOX, verified: true },
    {
      id: 'box-sub-type',
      claim: 'box_sub_type',
      text: 'is enterprise, user or external',
      required: true,
      schema: { enum: ['enterprise', 'user', 'external'] },
      source: BOX,
      verified: true
    },
    {
      id: 'aud-token-url',
      claim: 'aud',
      text: 'is "https://api.box.com/oauth2/token"',
      required: true,
      fixed: 'https://api.box.com/oauth2/token',
      source: BOX,
      verified: true
    }
  ],
  example: { claims: { iss: 'CLIENT_ID', sub: '1234567', box_sub_type: 'enterprise' } }
}
