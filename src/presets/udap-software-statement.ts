// UDAP dynamic registration: the software statement, whose issuer is a URI of the certificate in its header.

import type { PresetData } from '../core/tokens/preset.ts'
import { httpsUrl, nonEmptyString, UDAP_ALGS } from './terms.ts'

const UDAP = 'HL7 UDAP Security IG, software statement'

/** A claim that must be there for the grant type authorization_code, and with `only` must not be for others. */
function withCode (claim: string, only?: 'only'): object {
  const there = { type: 'object', required: [claim] }
  const code = { type: 'array', contains: { const: 'authorization_code' } }
  return { type: 'object', if: { type: 'object', properties: { grant_types: code } }, then: there, ...(only && { else: { not: there } }) }
}

export const udapSoftwareStatement: PresetData = {
  title: 'UDAP software statement',
  key: { given: 'certificate', source: `${UDAP}: x5c, the leaf certificate first`, verified: true },
  onboarding: {
    steps: [
      { text: 'Get a certificate from the trust community of the server, with {issuer} as URI among its names.', source: UDAP },
      { text: 'POST the signed software statement to the registration endpoint; the answer holds the client_id.', source: 'HL7 UDAP Security IG, registration' }
    ]
  },
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
    },
    { id: 'client-name', claim: 'client_name', text: 'is the name of the application for people', required: true, schema: nonEmptyString, source: UDAP, verified: true },
    {
      id: 'contacts-mailto',
      claim: 'contacts',
      text: 'lists URIs, at least one of them mailto:',
      required: true,
      schema: { type: 'array', items: { type: 'string' }, contains: { type: 'string', pattern: '^mailto:.+@' } },
      source: UDAP,
      verified: true
    },
    {
      id: 'grant-types',
      claim: 'grant_types',
      text: 'is ["client_credentials"], or ["authorization_code"] with or without "refresh_token", or [] to end the registration',
      required: true,
      schema: {
        anyOf: [
          { type: 'array', maxItems: 0 },
          { type: 'array', items: { const: 'client_credentials' } },
          { type: 'array', items: { enum: ['authorization_code', 'refresh_token'] }, contains: { const: 'authorization_code' } }
        ]
      },
      source: `${UDAP}; modifying and cancelling registrations`,
      verified: true
    },
    {
      id: 'auth-method',
      claim: 'token_endpoint_auth_method',
      text: 'is "private_key_jwt"',
      required: true,
      fixed: 'private_key_jwt',
      source: UDAP,
      verified: true
    },
    { id: 'scope-required', claim: 'scope', text: 'is a list of scopes with spaces between', required: true, schema: nonEmptyString, source: UDAP, verified: true },
    {
      id: 'redirect-uris',
      claim: 'redirect_uris',
      text: 'lists https URIs for authorization_code, and is left out otherwise',
      schema: { type: 'array', items: httpsUrl, minItems: 1 },
      claims: withCode('redirect_uris', 'only'),
      source: UDAP,
      verified: true
    },
    {
      id: 'response-types',
      claim: 'response_types',
      text: 'is ["code"] for authorization_code, and is left out otherwise',
      schema: { const: ['code'] },
      claims: withCode('response_types', 'only'),
      source: UDAP,
      verified: true
    },
    {
      id: 'logo-uri',
      claim: 'logo_uri',
      text: 'is an https URL of an image, needed for authorization_code',
      schema: httpsUrl,
      claims: withCode('logo_uri'),
      source: UDAP,
      verified: true
    }
  ],
  example: {
    claims: {
      aud: 'https://as.example.com/register',
      client_name: 'Example',
      contacts: ['mailto:operations@example.com'],
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      scope: 'system/Patient.read'
    }
  }
}
