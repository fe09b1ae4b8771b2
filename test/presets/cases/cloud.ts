// Cloud services: Google, GitHub, Snowflake, DocuSign, Salesforce, Box, ServiceNow, Qlik, Apple.

import type { PresetCase } from '../../support/preset-case.ts'

const GOOGLE = { iss: 'robot@project.iam.gserviceaccount.com', scope: 'https://www.googleapis.com/auth/prediction', aud: 'https://oauth2.googleapis.com/token' }
const SELF_SIGNED = { iss: 'robot@project.iam.gserviceaccount.com', aud: 'https://pubsub.googleapis.com/' }
const DOCUSIGN = { iss: 'INTEGRATION_KEY', sub: 'USER_ID', aud: 'account-d.docusign.com', scope: 'signature impersonation' }
const SALESFORCE = { iss: '3MVG99OxTyEMCQ3gNp2PjkqeZK', sub: 'my@email.com', aud: 'https://login.salesforce.com' }
const BOX = { iss: 'abc123', sub: '1234567', box_sub_type: 'enterprise' }
const APPLE = { iss: '57246542-96fe-1a63-e053-0824d011072a', scope: ['GET /v1/apps?filter[platform]=IOS'] }
const SERVICENOW = { iss: 'e0d2aeba6cc9468faf62aba562e4b665', sub: 'user@example.com', aud: 'e0d2aeba6cc9468faf62aba562e4b665' }
const QLIK = { iss: 'my-oauth-client-id', sub: 'my-oauth-client-id', aud: 'https://my-tenant.qlikcloud.com/oauth/token' }
const STORE = { iss: '57246542-96fe-1a63-e053-0824d011072a', bid: 'com.example.testbundleid' }

const payload = { body: { payload: 'text' }, field: 'payload' }
const tooLong = (claims: object, ttl: number) => ({ body: { claims, ttl }, field: 'ttl' })
const noIssuer = { claims: { iss: undefined } }
const noSubject = { claims: { sub: undefined } }

export const cloud: Readonly<Record<string, PresetCase>> = {
  'google-service-account': {
    kind: 'RSA',
    alg: 'RS256',
    kid: '370ab79b4513eb9bad7c9bd16a95cb76b5b2a56a',
    request: { claims: GOOGLE },
    header: ({ kid }) => ({ alg: 'RS256', typ: 'JWT', kid }),
    claims: () => GOOGLE,
    times: { iat: 0, exp: 3600 },
    breaks: {
      'iss-email': { claims: { iss: 'robot' } },
      'aud-string': { claims: { aud: ['https://oauth2.googleapis.com/token'] } },
      'scope-string': { claims: { scope: ['a', 'b'] } },
      payload,
      'ttl-max': tooLong(GOOGLE, 3601)
    }
  },
  'google-self-signed-jwt': {
    kind: 'RSA',
    alg: 'RS256',
    kid: '370ab79b4513eb9bad7c9bd16a95cb76b5b2a56a',
    request: { claims: SELF_SIGNED },
    header: ({ kid }) => ({ alg: 'RS256', typ: 'JWT', kid }),
    claims: () => ({ ...SELF_SIGNED, sub: SELF_SIGNED.iss }),
    times: { iat: 0, exp: 3600 },
    breaks: {
      'iss-email': { claims: { iss: 'robot' } },
      'sub-is-iss': { claims: { sub: 'user@example.com' } },
      'scope-or-aud': { claims: { scope: 'https://www.googleapis.com/auth/pubsub' } },
      'aud-string': { claims: { aud: 'pubsub.googleapis.com' } },
      payload,
      'ttl-max': tooLong(SELF_SIGNED, 3601)
    }
  },
  'github-app': {
    kind: 'RSA',
    alg: 'RS256',
    request: { claims: { iss: 'Iv23liExample' }, ttl: 600 },
    header: () => ({ alg: 'RS256', typ: 'JWT' }),
    claims: () => ({ iss: 'Iv23liExample' }),
    times: { iat: -60, exp: 540 },
    breaks: { 'iss-app': noIssuer, payload, 'ttl-max': tooLong({ iss: 'Iv23liExample' }, 601) }
  },
  snowflake: {
    kind: 'RSA',
    alg: 'RS256',
    request: { claims: { sub: 'MYORG-MYACCOUNT.MYUSER' } },
    header: () => ({ alg: 'RS256', typ: 'JWT' }),
    claims: ({ spkiSha256 }) => ({ sub: 'MYORG-MYACCOUNT.MYUSER', iss: `MYORG-MYACCOUNT.MYUSER.SHA256:${spkiSha256}` }),
    times: { iat: 0, exp: 3540 },
    breaks: {
      'sub-account-user': { claims: { sub: 'myorg-myaccount.myuser' } },
      'iss-fingerprint': { claims: { iss: 'MYORG-MYACCOUNT.MYUSER' } },
      payload,
      'ttl-max': tooLong({ sub: 'MYORG-MYACCOUNT.MYUSER' }, 3601)
    }
  },
  docusign: {
    kind: 'RSA',
    alg: 'RS256',
    request: { claims: DOCUSIGN, ttl: 3600 },
    header: () => ({ alg: 'RS256', typ: 'JWT' }),
    claims: () => DOCUSIGN,
    times: { iat: 0, exp: 3600 },
    breaks: {
      'iss-required': noIssuer,
      'sub-required': noSubject,
      'aud-host': { claims: { aud: 'https://account-d.docusign.com' } },
      'scope-required': { claims: { scope: undefined } },
      payload,
      'ttl-max': tooLong(DOCUSIGN, 3601)
    }
  },
  salesforce: {
    kind: 'RSA',
    alg: 'RS256',
    request: { claims: SALESFORCE },
    header: () => ({ alg: 'RS256' }),
    claims: () => SALESFORCE,
    times: { exp: 120 },
    breaks: {
      'iss-required': noIssuer,
      'sub-required': noSubject,
      'aud-login-url': { claims: { aud: 'https://login.salesforce.com/services/oauth2/token' } },
      payload,
      'ttl-max': tooLong(SALESFORCE, 3601)
    }
  },
  box: {
    kind: 'RSA',
    alg: 'RS512',
    kid: 'abcd1234',
    request: { claims: BOX },
    header: () => ({ alg: 'RS512', typ: 'JWT', kid: 'abcd1234' }),
    claims: () => ({ ...BOX, aud: 'https://api.box.com/oauth2/token' }),
    times: { exp: 45, jti: true },
    breaks: {
      'iss-required': noIssuer,
      'sub-required': noSubject,
      'box-sub-type': { claims: { box_sub_type: 'admin' } },
      'aud-token-url': { claims: { aud: 'https://api.box.com' } },
      payload,
      'ttl-max': tooLong(BOX, 61)
    }
  },
  servicenow: {
    kind: 'RSA',
    alg: 'RS256',
    request: { claims: SERVICENOW },
    header: ({ kid }) => ({ alg: 'RS256', kid, typ: 'JWT' }),
    claims: () => SERVICENOW,
    times: { iat: 0, exp: 300, jti: true },
    breaks: {
      'iss-required': noIssuer,
      'sub-required': noSubject,
      'aud-string': { claims: { aud: [SERVICENOW.aud] } },
      payload,
      'ttl-max': tooLong(SERVICENOW, 3601)
    }
  },
  'qlik-cloud': {
    kind: 'P-384',
    alg: 'ES384',
    request: { claims: QLIK },
    header: ({ kid }) => ({ alg: 'ES384', kid }),
    claims: () => QLIK,
    times: { iat: 0, exp: 240, jti: true },
    breaks: {
      'iss-required': { claims: { iss: undefined, sub: undefined } },
      'sub-is-iss': { claims: { sub: 'other' } },
      'aud-token-url': { claims: { aud: `${QLIK.aud}/` } },
      payload,
      'ttl-max': tooLong(QLIK, 301)
    }
  },
  'apple-server-api': {
    kind: 'P-256',
    alg: 'ES256',
    kid: '2X9R4HXF34',
    request: { claims: STORE, ttl: 3600 },
    header: () => ({ alg: 'ES256', kid: '2X9R4HXF34', typ: 'JWT' }),
    claims: () => ({ ...STORE, aud: 'appstoreconnect-v1' }),
    times: { iat: 0, exp: 3600 },
    breaks: {
      'iss-required': noIssuer,
      'aud-value': { claims: { aud: ['appstoreconnect-v1'] } },
      'bid-required': { claims: { bid: undefined } },
      payload,
      'ttl-max': tooLong(STORE, 3601)
    }
  },
  'apple-app-store-connect': {
    kind: 'P-256',
    alg: 'ES256',
    kid: '2X9R4HXF34',
    request: { claims: APPLE, ttl: 1200 },
    header: () => ({ alg: 'ES256', kid: '2X9R4HXF34', typ: 'JWT' }),
    claims: () => ({ ...APPLE, aud: 'appstoreconnect-v1' }),
    times: { iat: 0, exp: 1200 },
    breaks: {
      'iss-required': noIssuer,
      'sub-user': { claims: { sub: 'someone' } },
      'aud-value': { claims: { aud: 'appstoreconnect-v2' } },
      'scope-list': { claims: { scope: 'GET /v1/apps' } },
      payload,
      'ttl-max': tooLong(APPLE, 1201)
    }
  }
}
