// Oracle Health (Cerner) Millennium, system accounts: SMART Backend Services.

import type { PresetData } from '../core/tokens/preset.ts'

const ORACLE = 'Oracle Health Authorization Framework, requesting authorization on behalf of a system'
const nonEmptyString = { type: 'string', minLength: 1 }

export const oracleHealth: PresetData = {
  title: 'Oracle Health (Cerner)',
  key: { given: 'jwks-url', source: ORACLE, verified: true },
  alg: { oneOf: ['RS384', 'ES384'], source: `${ORACLE}; SMART App Launch 2.2`, verified: false },
  header: { protected: { kid: '${key.kid}', typ: 'JWT' }, source: ORACLE, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: ORACLE, verified: true },
  time: { set: ['iat', 'exp', 'jti'], ttl: { default: '4m', max: '5m' }, source: 'SMART App Launch 2.2: exp at most five minutes ahead', verified: false },
  allowed: ['iss', 'sub', 'aud', 'scope'],
  rules: [
    { id: 'iss-required', claim: 'iss', text: 'is the client_id', required: true, schema: nonEmptyString, source: ORACLE, verified: true },
    { id: 'sub-is-iss', claim: 'sub', text: 'is the client_id, as iss', required: true, same: 'iss', source: ORACLE, verified: true },
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
