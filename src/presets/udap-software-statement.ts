// UDAP dynamic registration: the software statement, whose issuer is a URI of the certificate in its header.

import type { PresetData } from '../core/tokens/preset.ts'
import { httpsUrl, UDAP_ALGS } from './terms.ts'

const UDAP = 'HL7 UDAP Security IG, software statement'

export const udapSoftwareStatement: PresetData = {
  title: 'UDAP software statement',
  key: { given: 'certificate', source: `${UDAP}: x5c, the leaf certificate first`, verified: true },
  alg: { oneOf: UDAP_ALGS, source: 'HL7 UDAP Security IG 2.0, section 7.1.2, signature algorithm identifiers', verified: true },
  header: { protected: { x5c: '${key.x5c}' }, source: 'HL7 UDAP Security IG, JWT headers: alg and x5c', verified: true },
  form: { serialization: 'compact', payload: 'claims', source: 'HL7 UDAP Security IG 2.0, section 7.1.1: JWS Compact Serialization', verified: true },
  time: { set: ['iat', 'exp', 'jti'], ttl: { default: '4m', max: '5m' }, source: `${UDAP}: exp at most five minutes after iat`, verified: true },
  allowed: [
    'aud', 'client_name', 'client_uri', 'redirect_uris', 'contacts', 'logo_uri', 'grant_types', 'response_types',
    'token_endpoint_auth_method', 'scope', 'extensions'
  ],
  rules: [
    {
      id: 'iss-certificate-uri',
      claim: 'iss',
      text: 'is a URI among the names of the certificate',
      required: true,
      value: '${key.uri}',
      schema: { type: 'string', pattern: '^[a-z][a-z0-9+.-]*:' },
      source: UDAP,
      verified: true
    },
    { id: 'sub-is-iss', claim: 'sub', text: 'is the same as iss', required: true, value: '${claims.iss}', same: 'iss', source: UDAP, verified: true },
    {
      id: 'aud-registration-url',
      claim: 'aud',
      text: 'is the registration endpoint\'s URL',
      required: true,
      schema: httpsUrl,
      source: UDAP,
      verified: true
    }
  ],
  example: {
    claims: {
      aud: 'https://as.example.com/register',
      client_name: 'Example',
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      scope: 'system/Patient.read'
    }
  }
}
