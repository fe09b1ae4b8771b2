// UDAP (HL7 Security for Scalable Registration, Authentication, and Authorization): the authentication token of a
// registered client, known by the certificate in its header.

import type { PresetData } from '../core/tokens/preset.ts'
import { clientRules, nonEmptyString, UDAP_ALGS } from './terms.ts'

const UDAP = 'HL7 UDAP Security IG, authentication token'

const texts = { type: 'array', minItems: 1, items: nonEmptyString }
const b2b = {
  type: 'object',
  required: ['version', 'organization_id', 'purpose_of_use'],
  properties: {
    version: { const: '1' },
    subject_name: nonEmptyString,
    subject_id: nonEmptyString,
    subject_role: nonEmptyString,
    organization_name: nonEmptyString,
    organization_id: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9+.-]*:' },
    purpose_of_use: texts,
    consent_policy: texts,
    consent_reference: texts
  },
  dependencies: { consent_reference: ['consent_policy'] }
}

export const udap: PresetData = {
  title: 'UDAP',
  key: { given: 'certificate', source: `${UDAP}: x5c, the leaf certificate first`, verified: true },
  onboarding: {
    steps: [
      { text: 'Get a certificate from the trust community of the server, with {issuer} as URI among its names.', source: UDAP },
      { text: 'Register with the server first, by a software statement (preset udap-software-statement): its answer holds the client_id.', source: 'HL7 UDAP Security IG, registration' }
    ]
  },
  alg: { oneOf: UDAP_ALGS, source: 'HL7 UDAP Security IG 2.0, section 7.1.2, signature algorithm identifiers', verified: true },
  header: { protected: { x5c: '${key.x5c}' }, source: 'HL7 UDAP Security IG, JWT headers: alg and x5c', verified: true },
  form: { serialization: 'compact', payload: 'claims', source: 'HL7 UDAP Security IG 2.0, section 7.1.1: JWS Compact Serialization', verified: true },
  time: { set: ['iat', 'exp', 'jti'], ttl: { default: '4m', max: '5m' }, source: `${UDAP}: exp minus iat at most 300 seconds`, verified: true },
  allowed: ['iss', 'sub', 'aud', 'extensions'],
  rules: [
    ...clientRules(UDAP),
    { id: 'aud-string', claim: 'aud', text: 'is the token endpoint\'s URL', required: true, schema: nonEmptyString, source: UDAP, verified: true },
    {
      id: 'extensions-object',
      claim: 'extensions',
      text: 'is an object of extension objects, for instance hl7-b2b',
      schema: { type: 'object', additionalProperties: { type: 'object' } },
      source: UDAP,
      verified: true
    },
    {
      id: 'hl7-b2b',
      claim: 'extensions',
      text: 'has in hl7-b2b version "1", a URI as organization_id, and purpose_of_use as a list; consent_reference only beside consent_policy',
      schema: { type: 'object', properties: { 'hl7-b2b': b2b } },
      source: 'HL7 UDAP Security IG 2.0, B2B authorization extension object',
      verified: true
    }
  ],
  example: {
    claims: {
      iss: 'CLIENT_ID',
      sub: 'CLIENT_ID',
      aud: 'https://as.example.com/token',
      extensions: { 'hl7-b2b': { version: '1', organization_id: 'https://org.example.com', purpose_of_use: ['TREAT'] } }
    }
  }
}
