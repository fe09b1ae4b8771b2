// SMART Health Cards: a verifiable credential, deflated before it is signed, which ends only where the request has a ttl.
// Its key must stay published for as long as cards are shown: ttl.max says how long, and the set's retire must cover it.

import type { PresetData } from '../core/tokens/preset.ts'

const CARDS = 'SMART Health Cards Framework 1.4'

export const smartHealthCards: PresetData = {
  title: 'SMART Health Cards',
  key: { given: 'jwks-url', kid: 'thumbprint', x5c: true, source: `${CARDS}: <iss>/.well-known/jwks.json; kid is the RFC 7638 thumbprint; x5c where there is a certificate`, verified: true },
  onboarding: {
    steps: [
      { text: 'Apply to the directory of issuers that your verifiers use, such as the VCI Directory, with {issuer} as issuer.', source: 'SMART Health Cards, "How they work": the VCI Directory lists approved issuers' }
    ],
    values: { iss: '{issuer}' }
  },
  alg: { oneOf: ['ES256'], source: CARDS, verified: true },
  header: { protected: { zip: 'DEF', kid: '${key.kid}' }, source: `${CARDS}, health cards as JWS`, verified: true },
  form: { serialization: 'compact', payload: 'claims', source: `${CARDS}: minified JSON, compressed with raw DEFLATE`, verified: true },
  time: {
    set: ['nbf'],
    ttl: { default: '365d', max: '3650d' },
    expOnRequest: true,
    source: `${CARDS}: nbf is the time of issue; exp only where a card ends`,
    verified: true
  },
  allowed: ['iss', 'vc'],
  rules: [
    {
      id: 'iss-no-slash',
      claim: 'iss',
      text: 'is an https URL without a trailing "/"',
      required: true,
      schema: { type: 'string', pattern: '^https://.*[^/]$' },
      source: CARDS,
      verified: true
    },
    {
      id: 'vc-health-card',
      claim: 'vc',
      text: 'is a health card: its types and a FHIR bundle',
      required: true,
      schema: {
        type: 'object',
        required: ['type', 'credentialSubject'],
        properties: {
          type: { type: 'array', contains: { const: 'https://smarthealth.cards#health-card' } },
          credentialSubject: {
            type: 'object',
            required: ['fhirVersion', 'fhirBundle'],
            properties: { fhirVersion: { type: 'string' }, fhirBundle: { type: 'object' } }
          }
        }
      },
      source: CARDS,
      verified: true
    }
  ],
  example: {
    claims: {
      iss: 'https://jwks.example.com',
      vc: {
        type: ['https://smarthealth.cards#health-card', 'https://smarthealth.cards#immunization'],
        credentialSubject: { fhirVersion: '4.0.1', fhirBundle: { resourceType: 'Bundle', type: 'collection', entry: [] } }
      }
    }
  }
}
