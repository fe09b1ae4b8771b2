// Identity providers and banking: Okta, Auth0, Microsoft Entra, FAPI 2.0, UK Open Banking.

import { type PresetCase, SIGNED_AT } from '../../support/preset-case.ts'

const OKTA = { iss: '0oar95zt9zIpYuz6A0h7', sub: '0oar95zt9zIpYuz6A0h7', aud: 'https://example.okta.com/oauth2/v1/token' }
const AUTH0 = { iss: 'CLIENT_ID', sub: 'CLIENT_ID', aud: 'https://tenant.auth0.com/' }
const APP = '97e0a5b7-d745-40b6-94fe-5f77d35c6e05'
const ENTRA = { iss: APP, sub: APP, aud: 'https://login.microsoftonline.com/contoso/oauth2/v2.0/token' }
const ISSUER = 'https://as.example.com'
const CLIENT = { iss: 'CLIENT_ID', sub: 'CLIENT_ID' }
const PAYMENT = '{"Data": {"Initiation": {"InstructedAmount": {"Amount": "20.00", "Currency": "GBP"}}}}'
const ORGANISATION = '0015800001041REAAY/1AbCdEf'
const OBIE = { 'http://openbanking.org.uk/iat': SIGNED_AT, 'http://openbanking.org.uk/iss': ORGANISATION, 'http://openbanking.org.uk/tan': 'openbanking.org.uk' }

const payload = { body: { payload: 'text' }, field: 'payload' }
const noIssuer = { claims: { iss: undefined, sub: undefined } }
const otherSubject = { claims: { sub: 'OTHER' } }
const signing = {
  payload: { body: { claims: {} }, field: 'claims' },
  'ttl-none': { body: { payload: PAYMENT, ttl: 60 }, field: 'ttl' }
}

export const identity: Readonly<Record<string, PresetCase>> = {
  okta: {
    kind: 'P-521',
    alg: 'ES512',
    request: { claims: OKTA, ttl: 3600 },
    header: ({ kid }) => ({ alg: 'ES512', kid, typ: 'JWT' }),
    claims: () => OKTA,
    times: { iat: 0, exp: 3600, jti: true },
    breaks: {
      'iss-required': noIssuer,
      'sub-is-iss': otherSubject,
      'aud-string': { claims: { aud: undefined } },
      payload,
      'ttl-max': { body: { claims: OKTA, ttl: 3601 }, field: 'ttl' }
    }
  },
  auth0: {
    kind: 'RSA',
    alg: 'RS256',
    request: { claims: AUTH0 },
    header: () => ({ alg: 'RS256', typ: 'JWT' }),
    claims: () => AUTH0,
    times: { iat: 0, exp: 60, jti: true },
    breaks: {
      'iss-length': { claims: { iss: 'x'.repeat(65), sub: 'x'.repeat(65) } },
      'sub-is-iss': otherSubject,
      'aud-trailing-slash': { claims: { aud: 'https://tenant.auth0.com' } },
      payload,
      'ttl-max': { body: { claims: AUTH0, ttl: 301 }, field: 'ttl' }
    }
  },
  'microsoft-entra': {
    kind: 'RSA',
    alg: 'PS256',
    certified: true,
    request: { claims: ENTRA },
    header: ({ x5tS256 }) => ({ alg: 'PS256', typ: 'JWT', 'x5t#S256': x5tS256 }),
    claims: () => ENTRA,
    times: { iat: 0, nbf: 0, exp: 300, jti: true },
    breaks: {
      'iss-guid': { claims: { iss: 'my-app', sub: 'my-app' } },
      'sub-is-iss': otherSubject,
      'aud-token-url': { claims: { aud: 'https://login.microsoftonline.com/contoso/v2.0' } },
      payload,
      'ttl-max': { body: { claims: ENTRA, ttl: 601 }, field: 'ttl' }
    }
  },
  fapi2: {
    kind: 'Ed25519',
    alg: 'EdDSA',
    params: { issuer: ISSUER },
    request: { claims: CLIENT },
    header: ({ kid }) => ({ alg: 'EdDSA', kid, typ: 'JWT' }),
    claims: () => ({ ...CLIENT, aud: ISSUER }),
    times: { iat: 0, exp: 60, jti: true },
    breaks: {
      'iss-required': noIssuer,
      'sub-is-iss': otherSubject,
      'aud-issuer-string': { claims: { aud: `${ISSUER}/token` } },
      payload,
      'ttl-max': { body: { claims: CLIENT, ttl: 3601 }, field: 'ttl' }
    }
  },
  'private-key-jwt': {
    kind: 'P-256',
    alg: 'ES256',
    params: { issuer: ISSUER },
    request: { claims: { ...CLIENT, aud: ISSUER } },
    header: ({ kid }) => ({ alg: 'ES256', kid, typ: 'client-authentication+jwt' }),
    claims: () => ({ ...CLIENT, aud: ISSUER }),
    times: { iat: 0, exp: 60, jti: true },
    breaks: {
      'iss-required': noIssuer,
      'sub-is-iss': otherSubject,
      'aud-issuer-string': { claims: { aud: [ISSUER] } },
      payload,
      'ttl-max': { body: { claims: CLIENT, ttl: 3601 }, field: 'ttl' }
    }
  },
  'uk-open-banking': {
    kind: 'RSA',
    alg: 'PS256',
    params: { iss: ORGANISATION },
    request: { payload: PAYMENT },
    header: ({ kid }) => ({ alg: 'PS256', typ: 'JOSE', cty: 'application/json', kid, ...OBIE, crit: Object.keys(OBIE) }),
    payload: PAYMENT,
    breaks: signing
  },
  'uk-open-banking-v3-1-3': {
    kind: 'RSA',
    alg: 'PS256',
    params: { iss: ORGANISATION },
    request: { payload_b64u: Buffer.from(PAYMENT).toString('base64url') },
    header: ({ kid }) => ({ alg: 'PS256', typ: 'JOSE', cty: 'application/json', kid, b64: false, ...OBIE, crit: ['b64', ...Object.keys(OBIE)] }),
    payload: PAYMENT,
    breaks: signing
  }
}
