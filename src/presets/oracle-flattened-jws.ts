// Oracle API Platform, "Digitally signing a payload": the posted body, byte for byte, in a flattened JWS JSON with `kid`
// in the unprotected header.

import type { PresetData } from '../core/tokens/preset.ts'

const ORACLE = 'Oracle A-Team, "Digitally signing a payload in API Platform"'

export const oracleFlattenedJws: PresetData = {
  title: 'Oracle API Platform (flattened JWS)',
  key: { given: 'jwks-url', source: `${ORACLE}: the receiver knows the public JWK and finds it by kid`, verified: true },
  onboarding: {
    steps: [
      { text: 'Give the receiver the JWK with the kid {kid}: it finds the key by that name.', source: ORACLE }
    ]
  },
  alg: { oneOf: ['ES256'], source: `${ORACLE}: "digitally signed using the ES256 algorithm"`, verified: true },
  header: { protected: {}, unprotected: { kid: '${key.kid}' }, source: `${ORACLE}: "protected": "eyJhbGciOiJFUzI1NiJ9"`, verified: true },
  form: {
    serialization: 'flattened',
    payload: ['json', 'text', 'bytes'],
    source: `${ORACLE}: "the POSTed payload be in so-called Flattened JWS JSON format"`,
    verified: true
  },
  time: { set: [], ttl: { default: '1h' }, source: `${ORACLE}: nothing expires; ttl.max says how long a signature may be checked`, verified: true },
  rules: [],
  example: { payload: { order: 4711, amount: '19.90' } }
}
