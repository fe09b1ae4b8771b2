// UK Open Banking, message signing up to version 3.1.3: as later ones, but over the unencoded body (RFC 7797).

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'

const OBIE = 'UK Open Banking Read/Write API 3.1.3, message signing'

export const ukOpenBankingV313: PresetData = {
  title: 'UK Open Banking (up to 3.1.3)',
  key: { given: 'jwks-url', source: `${OBIE}: the trust anchor's directory, by kid`, verified: true },
  onboarding: {
    steps: [
      { text: 'Register the key in the directory of the trust anchor: receivers find it there by the kid {kid}.', source: OBIE }
    ],
    values: { 'params.iss': NOT_ASSIGNED }
  },
  alg: { oneOf: ['PS256'], source: OBIE, verified: true },
  header: {
    protected: {
      typ: 'JOSE',
      cty: 'application/json',
      kid: '${key.kid}',
      b64: false,
      'http://openbanking.org.uk/iat': '${now}',
      'http://openbanking.org.uk/iss': '${params.iss}',
      'http://openbanking.org.uk/tan': 'openbanking.org.uk',
      crit: ['b64', 'http://openbanking.org.uk/iat', 'http://openbanking.org.uk/iss', 'http://openbanking.org.uk/tan']
    },
    source: 'UK Open Banking, "Message Signing FAQs": up to 3.1.3 b64 is false; RFC 7797 section 6',
    verified: true
  },
  form: { serialization: 'detached', payload: ['json', 'text', 'bytes'], source: `${OBIE}; RFC 7515 appendix F, RFC 7797`, verified: true },
  time: { set: [], ttl: { default: '1h' }, source: `${OBIE}: nothing expires; ttl.max says how long a signature may be checked`, verified: true },
  rules: [],
  example: { params: { iss: '0015800001041REAAY/1AbCdEf' }, payload: '{"Data":{"Initiation":{"InstructedAmount":{"Amount":"20.00"}}}}' }
}
