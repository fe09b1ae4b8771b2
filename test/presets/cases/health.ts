// Health care: Epic, Oracle Health, NHS England, UDAP, SMART Health Cards.

import { CERTIFIED_URI } from '../../support/preset-deployment.ts'
import type { PresetCase } from '../../support/preset-case.ts'

const client = (aud: string) => ({ iss: 'client-1', sub: 'client-1', aud })
const EPIC = client('https://fhir.epic.com/interconnect-fhir-oauth/oauth2/token')
const CERNER = client('https://authorization.cerner.com/tenants/ec2458f2/protocols/oauth2/profiles/smart-v1/token')
const NHS = client('https://int.api.service.nhs.uk/oauth2/token')
const UDAP = { ...client('https://as.example.com/token'), extensions: { 'hl7-b2b': { version: '1', purpose_of_use: ['TREAT'] } } }
const STATEMENT = { aud: 'https://as.example.com/register', client_name: 'Example', grant_types: ['client_credentials'] }
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
      'ttl-max': { body: { claims: UDAP, ttl: 301 }, field: 'ttl' }
    }
  },
  'udap-software-statement': {
    kind: 'P-256',
    alg: 'ES256',
    certified: true,
    request: { claims: STATEMENT },
    header: ({ x5c }) => ({ alg: 'ES256', x5c }),
    claims: () => ({ ...STATEMENT, iss: CERTIFIED_URI, sub: CERTIFIED_URI }),
    times: { iat: 0, exp: 240, jti: true },
    breaks: {
      'iss-certificate-uri': { claims: { iss: 'not a uri' } },
      'sub-is-iss': { claims: { sub: 'https://other.example.com' } },
      'aud-registration-url': { claims: { aud: [STATEMENT.aud] } },
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
      payload: wrongClient.payload,
      'ttl-none': { body: { claims: CARD, ttl: 60 }, field: 'ttl' }
    }
  }
}
