// CDS Hooks: a CDS client (an EHR) authenticates each call to a CDS service, which finds the keys by jku.

import { ALGS } from '../core/keys/alg.ts'
import type { PresetData } from '../core/tokens/preset.ts'
import { httpsUrl, nonEmptyString } from './terms.ts'

const HOOKS = 'HL7 CDS Hooks 2.0, "Trusting CDS Clients"'

export const cdsHooks: PresetData = {
  title: 'CDS Hooks',
  key: { given: 'jwks-url', source: `${HOOKS}: a JWK Set at the URL in jku`, verified: true },
  onboarding: {
    steps: [
      { text: 'Give the provider of the CDS service the issuer {issuer} and the JWK Set URL {url}.', source: HOOKS }
    ],
    values: { iss: '{issuer}' }
  },
  alg: { oneOf: ALGS, source: `${HOOKS}, JWT signing algorithm: any but none and symmetric ones`, verified: true },
  header: { protected: { kid: '${key.kid}', typ: 'JWT', jku: '${set.url}' }, source: `${HOOKS}, header`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: HOOKS, verified: true },
  time: { set: ['iat', 'exp', 'jti'], ttl: { default: '5m' }, source: `${HOOKS}: exp, iat and jti are required; no longest life is named`, verified: true },
  allowed: ['iss', 'aud', 'tenant'],
  advice: [{ text: 'ES384 and RS384 are recommended', source: `${HOOKS}, JWT signing algorithm` }],
  rules: [
    { id: 'iss-uri', claim: 'iss', text: 'is the URI of the issuer', required: true, schema: { type: 'string', pattern: '^[a-z][a-z0-9+.-]*:' }, source: HOOKS, verified: true },
    {
      id: 'aud-service-url',
      claim: 'aud',
      text: 'is the URL of the CDS service that is called, a string or an array of strings',
      required: true,
      schema: { anyOf: [httpsUrl, { type: 'array', items: httpsUrl, minItems: 1 }] },
      source: HOOKS,
      verified: true
    },
    { id: 'tenant-string', claim: 'tenant', text: 'names the organization that calls', schema: nonEmptyString, source: HOOKS, verified: true }
  ],
  example: { claims: { iss: 'https://fhir-ehr.example.com/', aud: 'https://cds.example.org/cds-services/some-service' } }
}
