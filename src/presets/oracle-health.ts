// Oracle Health (Cerner) Millennium, system accounts: SMART Backend Services.

import type { PresetData } from '../core/tokens/preset.ts'
import { clientRules, nonEmptyString, SMART_ALGS } from './terms.ts'

const ORACLE = 'Oracle Health Authorization Framework, requesting authorization on behalf of a system'
const GUIDE = 'Oracle Health Authorization Framework, which follows the SMART Backend Services guide'

export const oracleHealth: PresetData = {
  title: 'Oracle Health (Cerner)',
  key: { given: 'jwks-url', source: ORACLE, verified: true },
  onboarding: {
    steps: [
      { text: 'Register an application of the type System in the code console, and {url} as the JWKS URL of its system account in Cerner Central.', source: 'Medblocks documentation, "Cerner", backend' }
    ]
  },
  alg: { oneOf: SMART_ALGS, source: `${GUIDE}: RS384 and ES384`, verified: true },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, source: ORACLE, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: ORACLE, verified: true },
  time: { set: ['iat', 'exp', 'jti'], optional: ['iat'], ttl: { default: '4m', max: '5m' }, source: `${GUIDE}: exp at most five minutes ahead`, verified: true },
  allowed: ['iss', 'sub', 'aud', 'scope'],
  rules: [
    ...clientRules(ORACLE),
    { id: 'aud-string', claim: 'aud', text: 'is the tenant\'s token URL, one string', required: true, schema: nonEmptyString, source: ORACLE, verified: true }
  ],
  example: {
    claims: {
      iss: 'CLIENT_ID',
      sub: 'CLIENT_ID',
      aud: 'https://authorization.cerner.com/tenants/TENANT/hosts/fhir-ehr.cerner.com/protocols/oauth2/profiles/smart-v1/token'
    }
  }
}
