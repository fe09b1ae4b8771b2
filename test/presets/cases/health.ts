// Health care: Epic, Oracle Health, NHS England, UDAP, SMART Health Cards.

import { CERTIFIED_URI } from '../../support/preset-deployment.ts'
import type { PresetCase } from '../../support/preset-case.ts'

const client = (aud: string) => ({ iss: 'client-1', sub: 'client-1', aud })
const EPIC = client('https://fhir.epic.com/interconnect-fhir-oauth/oauth2/token')
const CERNER = client('https://authorization.cerner.com/tenants/ec2458f2/protocols/oauth2/profiles/smart-v1/token')
const ATHENA = client('https://api.preview.platform.athenahealth.com/oauth2/v1/token')
const HOOK = { iss: 'https://fhir-ehr.example.com/', aud: 'https://cds.example.org/cds-services/some-service', tenant: '2ddd6c3a-8e9a-44c6-a305-52111ad302a2' }
const NHS = client('https://int.api.service.nhs.uk/oauth2/token')
const B2B = { version: '1', organization_id: 'https://org.example.com', purpose_of_use: ['urn:oid:2.16.840.1.113883.5.8#TREAT'] }
const UDAP = { ...client('https://as.example.com/token'), extensions: { 'hl7-b2b': B2B } }
const STATEMENT = {
  aud: 'https://as.example.com/register',
  client_name: 'Acme B2B App',
  contacts: ['mailto:b2b-operations@example.com'],
  grant_types: ['client_credentials'],
  scope: 'system/Patient.read system/Procedure.read'
}
const CARD = {
  iss: 'https://smarthealth.cards/examples/issuer',
  vc: {
    type: ['https://smarthealth.cards#health-card', 'https://smarthealth.cards#immunization'],
    credentialSubject: { fhirVersion: '4.0.1', fhirBundle: { resourceType: 'Bundle', type: 'collection', entry: [] } }
  }
}

const wrongClient = {
  'iss-required': { claims: { iss: undefined, sub: undefined } },
  'sub-is-iss': { claims: { sub: 'OTHER' } },
  'aud-string': { claims: { aud: ['https://as.example.com'] } },
  payload: { body: { payload: 'text' }, field: 'payload' }
}

export const health: Readonly<Record<string, PresetCase>> = {
  epic: {
    kind: 'RSA',
    alg: 'RS384',
    forced: EPIC,
    request: { claims: { scope: 'system/Patient.read' } },
    header: ({ kid }) => ({ alg: 'RS384', kid, typ: 'JWT' }),
    claims: () => ({ ...EPIC, scope: 'system/Patient.read' }),
    times: { iat: -30, nbf: -30, exp: 210, jti: true },
    breaks: { ...wrongClient, 'ttl-max': { body: { claims: EPIC, ttl: 301 }, field: 'ttl' } }
  },
  'oracle-health': {
    kind: 'P-384',
    alg: 'ES384',
    forced: CERNER,
    request: { ttl: 300 },
    header: ({ kid }) => ({ alg: 'ES384', kid, typ: 'JWT' }),
    claims: () => CERNER,
    times: { iat: 0, exp: 300, jti: true },
    breaks: { ...wrongClient, 'ttl-max': { body: { claims: CERNER, ttl: 301 }, field: 'ttl' } }
  },
  athenahealth: {
    kind: 'P-384',
    alg: 'ES384',
    request: { claims: ATHENA },
    header: ({ kid }) => ({ alg: 'ES384', kid, typ: 'JWT' }),
    claims: () => ATHENA,
    times: { iat: 0, exp: 240, jti: true },
    breaks: {
      'iss-required': wrongClient['iss-required'],
      'sub-is-iss': wrongClient['sub-is-iss'],
      'aud-token-url': { claims: { aud: [ATHENA.aud] } },
      payload: wrongClient.payload,
      'ttl-max': { body: { claims: ATHENA, ttl: 3601 }, field: 'ttl' }
    }
  },
  'cds-hooks': {
    kind: 'P-384',
    alg: 'ES384',
    request: { claims: HOOK },
    header: ({ kid }) => ({ alg: 'ES384', kid, typ: 'JWT', jku: 'https://localhost/cds-hooks/.well-known/jwks.json' }),
    claims: () => HOOK,
    times: { iat: 0, exp: 300, jti: true },
    breaks: {
      'iss-uri': { claims: { iss: 'ehr' } },
      'aud-service-url': { claims: { aud: 'cds.example.org' } },
      'tenant-string': { claims: { tenant: 7 } },
      payload: wrongClient.payload,
      'ttl-max': { body: { claims: HOOK, ttl: 3601 }, field: 'ttl' }
    }
  },
  'nhs-england': {
    kind: 'RSA',
    alg: 'RS512',
    kid: 'test-1',
    request: { claims: NHS, ttl: 300 },
    header: () => ({ alg: 'RS512', kid: 'test-1', typ: 'JWT' }),
    claims: () => NHS,
    times: { iat: 0, exp: 300, jti: true },
    breaks: {
      'iss-required': wrongClient['iss-required'],
      'sub-is-iss': wrongClient['sub-is-iss'],
      'aud-token-url': { claims: { aud: 'int.api.service.nhs.uk/oauth2/token' } },
      payload: wrongClient.payload,
      'ttl-max': { body: { claims: NHS, ttl: 301 }, field: 'ttl' }
    }
  },
  udap: {
    kind: 'RSA',
    alg: 'RS256',
    certified: true,
    request: { claims: UDAP },
    header: ({ x5c }) => ({ alg: 'RS256', x5c }),
    claims: () => UDAP,
    times: { iat: 0, exp: 240, jti: true },
    breaks: {
      ...wrongClient,
      'extensions-object': { claims: { extensions: '{"hl7-b2b":{}}' } },
      'hl7-b2b': { claims: { extensions: { 'hl7-b2b': { ...B2B, purpose_of_use: 'TREAT' } } } },
      'ttl-max': { body: { claims: UDAP, ttl: 301 }, field: 'ttl' }
    }
  },
  'udap-software-statement': {
    kind: 'P-256',
    alg: 'ES256',
    certified: true,
    request: { claims: STATEMENT },
    header: ({ x5c }) => ({ alg: 'ES256', x5c }),
    claims: () => ({ ...STATEMENT, iss: CERTIFIED_URI, sub: CERTIFIED_URI, token_endpoint_auth_method: 'private_key_jwt' }),
    times: { iat: 0, exp: 240, jti: true },
    breaks: {
      'iss-certificate-uri': { claims: { iss: 'not a uri' } },
      'sub-is-iss': { claims: { sub: 'https://other.example.com' } },
      'aud-registration-url': { claims: { aud: [STATEMENT.aud] } },
      'client-name': { claims: { client_name: undefined } },
      'contacts-mailto': { claims: { contacts: ['https://example.com/contact'] } },
      'grant-types': { claims: { grant_types: ['client_credentials', 'refresh_token'] } },
      'auth-method': { claims: { token_endpoint_auth_method: 'client_secret_basic' } },
      'scope-required': { claims: { scope: undefined } },
      'redirect-uris': { claims: { redirect_uris: ['https://app.example.com/redirect'] } },
      'response-types': { claims: { response_types: ['code'] } },
      'logo-uri': { claims: { logo_uri: 'http://app.example.com/logo.png' } },
      payload: wrongClient.payload,
      'ttl-max': { body: { claims: STATEMENT, ttl: 301 }, field: 'ttl' }
    }
  },
  'smart-health-cards': {
    kind: 'P-256',
    alg: 'ES256',
    set: { kid: 'thumbprint', retire: '4000d' },
    request: { claims: CARD },
    header: ({ thumbprint }) => ({ alg: 'ES256', zip: 'DEF', kid: thumbprint }),
    claims: () => CARD,
    times: { nbf: 0 },
    breaks: {
      'iss-no-slash': { claims: { iss: 'https://smarthealth.cards/examples/issuer/' } },
      'vc-health-card': { claims: { vc: { ...CARD.vc, type: ['VerifiableCredential'] } } },
      payload: wrongClient.payload
    }
  }
}
