// UK Open Banking, message signing since version 3.1.4: a detached JWS in the header x-jws-signature, whose critical
// members say who signed and when.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'

const OBIE = 'UK Open Banking Read/Write API 3.1.4 and later, message signing'

export const ukOpenBanking: PresetData = {
  title: 'UK Open Banking (3.1.4 and later)',
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
      'http://openbanking.org.uk/iat': '${now}',
      'http://openbanking.org.uk/iss': '${params.iss}',
      'http://openbanking.org.uk/tan': 'openbanking.org.uk',
      crit: ['http://openbanking.org.uk/iat', 'http://openbanking.org.uk/iss', 'http://openbanking.org.uk/tan']
    },
    source: `${OBIE}; iss has the form ORGANISATION/SOFTWARE`,
    verified: true
  },
  form: { serialization: 'detached', payload: ['json', 'text', 'bytes'], source: `${OBIE}; RFC 7515 appendix F`, verified: true },
  time: { set: [], ttl: { default: '1h' }, source: `${OBIE}: nothing expires; ttl.max says how long a signature may be checked`, verified: true },
  rules: [],
  example: { params: { iss: '0015800001041REAAY/1AbCdEf' }, payload: '{"Data":{"Initiation":{"InstructedAmount":{"Amount":"20.00"}}}}' }
}
