// The seeds' systems and the plain JWT: requests, tokens and broken rules, copied from the vendors' documents.

import type { PresetCase } from '../../support/preset-case.ts'

const SMART = { iss: 'client-1', sub: 'client-1', aud: 'https://as.example.com/oauth2/token' }
const CDATA = { tokenType: 'powered-by', iss: 'your_oem_account_id_here', sub: 'your_sub_account_id_here' }
const HAPPY = {
  aud: 'api.happypathology.com',
  iss: 'REPLACE THIS WITH THE ORGANIZATION ID WE PROVIDED YOU',
  sub: 'REPLACE THIS WITH A USER ID OF YOUR CHOICE',
  kid: 'REPLACE THIS WITH THE KEY ID WE PROVIDED YOU'
}
/** A body with the spaces, line ends and number forms that re-serialization would lose. */
const POSTED = '{\r\n  "order": 4711,\t"amount": 1.10,\n  "name": "Müller \\u00e9 😀"\n}\n'

export const seeds: Readonly<Record<string, PresetCase>> = {
  jwt: {
    kind: 'RSA',
    alg: 'RS256',
    request: { claims: { iss: 'https://service.example.com', sub: 'me', aud: ['a', 'b'], roles: { admin: [1, 2.5, null] } } },
    header: ({ kid }) => ({ alg: 'RS256', kid, typ: 'JWT' }),
    claims: () => ({ iss: 'https://service.example.com', sub: 'me', aud: ['a', 'b'], roles: { admin: [1, 2.5, null] } }),
    times: { iat: 0, exp: 300, jti: true },
    breaks: {
      'iss-type': { claims: { iss: 7 } },
      'sub-type': { claims: { sub: ['me'] } },
      'aud-type': { claims: { aud: { url: 'a' } } },
      'ttl-max': { body: { claims: {}, ttl: 3601 }, field: 'ttl' },
      payload: { body: { payload: 'text' }, field: 'payload' }
    }
  },
  'smart-backend-services': {
    kind: 'RSA',
    alg: 'RS384',
    forced: SMART,
    request: { claims: { scope: 'system/Patient.read' }, ttl: 300 },
    header: ({ kid }) => ({ alg: 'RS384', kid, typ: 'JWT' }),
    claims: () => ({ ...SMART, scope: 'system/Patient.read' }),
    times: { iat: 0, exp: 300, jti: true },
    breaks: {
      'iss-required': { claims: { iss: undefined, sub: 'client-1' } },
      'sub-required': { claims: { sub: undefined } },
      'iss-is-sub': { claims: { sub: 'OTHER' }, field: 'claims.sub' },
      'aud-string': { claims: { aud: [SMART.aud] } },
      'ttl-max': { body: { claims: SMART, ttl: 301 }, field: 'ttl' },
      payload: { body: { payload_b64u: 'AQAB' }, field: 'payload_b64u' }
    }
  },
  eclinicalworks: {
    kind: 'RSA',
    alg: 'RS384',
    forced: SMART,
    request: { claims: { scope: 'system/Patient.read' }, ttl: 300 },
    header: ({ kid }) => ({ alg: 'RS384', kid, typ: 'JWT' }),
    claims: () => ({ ...SMART, scope: 'system/Patient.read' }),
    times: { iat: 0, exp: 300, jti: true },
    breaks: {
      'iss-required': { claims: { iss: undefined, sub: 'client-1' } },
      'sub-required': { claims: { sub: undefined } },
      'iss-is-sub': { claims: { sub: 'OTHER' }, field: 'claims.sub' },
      'aud-string': { claims: { aud: [SMART.aud] } },
      'ttl-max': { body: { claims: SMART, ttl: 301 }, field: 'ttl' },
      payload: { body: { payload_b64u: 'AQAB' }, field: 'payload_b64u' }
    }
  },
  'cdata-connect-ai': {
    kind: 'RSA',
    alg: 'RS256',
    request: { claims: CDATA },
    header: () => ({ alg: 'RS256', typ: 'JWT' }),
    claims: () => CDATA,
    times: { iat: 0, exp: 300 },
    breaks: {
      'token-type': { claims: { tokenType: 'access' } },
      'iss-required': { claims: { iss: undefined } },
      'sub-type': { claims: { sub: 17 } },
      'ttl-max': { body: { claims: CDATA, ttl: 3601 }, field: 'ttl' },
      payload: { body: { payload: {} }, field: 'payload' }
    }
  },
  happypathology: {
    kind: 'RSA',
    alg: 'RS256',
    kid: 'key-of-theirs',
    request: { claims: HAPPY },
    header: () => ({ alg: 'RS256', typ: 'JWT' }),
    claims: () => HAPPY,
    times: { iat: 0, exp: 3600, jti: true },
    breaks: {
      'aud-host': { claims: { aud: ['api.happypathology.com'] } },
      'iss-required': { claims: { iss: '' } },
      'sub-required': { claims: { sub: undefined } },
      'kid-claim': { claims: { kid: 12 } },
      'ttl-max': { body: { claims: HAPPY, ttl: 3601 }, field: 'ttl' },
      payload: { body: { payload: 'text' }, field: 'payload' }
    }
  },
  'oracle-flattened-jws': {
    kind: 'P-256',
    alg: 'ES256',
    kid: 'myEcKey',
    request: { payload: POSTED },
    header: () => ({ alg: 'ES256' }),
    unprotected: () => ({ kid: 'myEcKey' }),
    payload: POSTED,
    breaks: {
      payload: { body: { claims: { sub: 'me' } }, field: 'claims' },
      'ttl-none': { body: { payload: POSTED, ttl: 60 }, field: 'ttl' }
    }
  }
}
