// SMART Backend Services (HL7 SMART App Launch 2.2, asymmetric client authentication), as eClinicalWorks takes it.

import type { Preset } from '../core/preset.ts'

const SMART = 'HL7 SMART App Launch 2.2, client-confidential-asymmetric'
const nonEmptyString = { type: 'string', minLength: 1 }

export const smartBackendServices: Preset = {
  name: 'smart-backend-services',
  title: 'SMART Backend Services (eClinicalWorks and others)',
  algs: ['RS384', 'ES384'],
  header: { typ: 'JWT' },
  ttl: { default: 240, max: 300, source: `${SMART}: exp no more than five minutes in the future`, verified: true },
  rules: [
    { id: 'iss-required', claim: 'iss', text: 'is the client_id, a string', required: true, schema: nonEmptyString, source: SMART, verified: true },
    { id: 'sub-required', claim: 'sub', text: 'is the client_id, a string', required: true, schema: nonEmptyString, source: SMART, verified: true },
    { id: 'iss-is-sub', claim: 'sub', text: 'equals iss: both are the client_id', same: 'iss', source: SMART, verified: true },
    {
      id: 'aud-string',
      claim: 'aud',
      text: 'is the token endpoint\'s URL, one string and not an array',
      required: true,
      schema: nonEmptyString,
      source: SMART,
      verified: true
    }
  ]
}
