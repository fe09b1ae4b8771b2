// CData Connect AI, powered-by accounts: a header with only alg and typ, and a key handed over as PEM.

import { NOT_ASSIGNED } from '../core/onboarding/pending.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { nonEmptyString } from './terms.ts'

const CDATA = 'CData Connect AI documentation, "Creating a JWT"'

export const cdataConnectAi: PresetData = {
  title: 'CData Connect AI',
  key: { given: 'pem', source: `${CDATA}, step 7: registered by a support ticket`, verified: true },
  onboarding: {
    steps: [
      { text: 'Open a support ticket with Connect AI to register the public key.', source: `${CDATA}, step 7` }
    ],
    values: { iss: NOT_ASSIGNED }
  },
  alg: { oneOf: ['RS256'], source: `${CDATA}: "signed using the RSA 256 algorithm"`, verified: true },
  header: { protected: { typ: 'JWT' }, source: `${CDATA}, step 1`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: `${CDATA}, steps 4 to 6`, verified: true },
  time: {
    set: ['iat', 'exp'],
    ttl: { default: '5m' },
    source: `${CDATA}, step 3; no longest life is named, the sample lives 300 s`,
    verified: true
  },
  allowed: ['tokenType', 'iss', 'sub'],
  rules: [
    {
      id: 'token-type',
      claim: 'tokenType',
      text: 'is "powered-by"',
      required: true,
      fixed: 'powered-by',
      source: `${CDATA}, step 3`,
      verified: true
    },
    {
      id: 'iss-required',
      claim: 'iss',
      text: 'is the account id of the parent account',
      required: true,
      schema: nonEmptyString,
      source: `${CDATA}, step 3`,
      verified: true
    },
    { id: 'sub-type', claim: 'sub', text: 'is the account id of the child account', schema: nonEmptyString, source: `${CDATA}, step 3`, verified: true }
  ],
  example: { claims: { tokenType: 'powered-by', iss: 'your_oem_account_id_here', sub: 'your_sub_account_id_here' } }
}
