// Authorization servers that one runs or rents: Keycloak, ZITADEL, IBM Verify, Maskinporten, Microsoft's older forms.

import type { PresetCase } from '../../support/preset-case.ts'

const client = (aud: string, name = 'my-client') => ({ iss: name, sub: name, aud })
const APP = '97e0a5b7-d745-40b6-94fe-5f77d35c6e05'
const ENTRA = client('https://login.microsoftonline.com/contoso/oauth2/v2.0/token', APP)
const ADFS = client('https://adfs.example.com/adfs/oauth2/token')
const KEYCLOAK = client('https://keycloak.example.com/realms/main')
const ZITADEL = client('https://my-domain.zitadel.cloud', '100507859606888466')
const ISSUER = 'https://tenant.verify.ibm.com/oidc/endpoint/default'
const IBM = { iss: '29e81c80-b507-463c-b542-5a1177b37808', sub: '29e81c80-b507-463c-b542-5a1177b37808' }
const GRANT = { iss: 'my_client_id', aud: 'https://test.maskinporten.no/', scope: 'difitest:test2', consumer_org: '910753614' }

const common = (claims: object, longest: number) => ({
  payload: { body: { payload: 'text' }, field: 'payload' },
  'ttl-max': { body: { claims, ttl: longest + 1 }, field: 'ttl' }
})
const wrongClient = {
  'iss-required': { claims: { iss: undefined, sub: undefined } },
  'sub-is-iss': { claims: { sub: 'other' } }
}

export const servers: Readonly<Record<string, PresetCase>> = {
  'microsoft-entra-x5t': {
    kind: 'RSA',
    alg: 'RS256',
    certified: true,
    request: { claims: ENTRA },
    header: ({ x5t }) => ({ alg: 'RS256', typ: 'JWT', x5t }),
    claims: () => ENTRA,
    times: { iat: 0, nbf: 0, exp: 300, jti: true },
    breaks: {
      'iss-guid': { claims: { iss: 'my-app', sub: 'my-app' } },
      'sub-is-iss': wrongClient['sub-is-iss'],
      'aud-token-url': { claims: { aud: ADFS.aud } },
      ...common(ENTRA, 600)
    }
  },
  'microsoft-adfs': {
    kind: 'RSA',
    alg: 'RS256',
    certified: true,
    request: { claims: ADFS },
    header: ({ x5t }) => ({ alg: 'RS256', typ: 'JWT', x5t }),
    claims: () => ADFS,
    times: { iat: 0, nbf: 0, exp: 300, jti: true },
    breaks: { ...wrongClient, 'aud-token-url': { claims: { aud: ENTRA.aud } }, ...common(ADFS, 600) }
  },
  keycloak: {
    kind: 'Ed25519',
    alg: 'EdDSA',
    request: { claims: KEYCLOAK },
    header: ({ kid }) => ({ alg: 'EdDSA', kid, typ: 'JWT' }),
    claims: () => KEYCLOAK,
    times: { iat: 0, exp: 60, jti: true },
    breaks: { ...wrongClient, 'aud-single': { claims: { aud: [KEYCLOAK.aud, `${KEYCLOAK.aud}/protocol/openid-connect/token`] } }, ...common(KEYCLOAK, 3600) }
  },
  zitadel: {
    kind: 'RSA',
    alg: 'RS256',
    kid: '100509901696068329',
    request: { claims: ZITADEL },
    header: () => ({ alg: 'RS256', kid: '100509901696068329' }),
    claims: () => ZITADEL,
    times: { iat: 0, exp: 300 },
    breaks: { ...wrongClient, 'aud-domain': { claims: { aud: 'my-domain.zitadel.cloud' } }, ...common(ZITADEL, 3600) }
  },
  'ibm-verify': {
    kind: 'RSA',
    alg: 'PS256',
    params: { issuer: ISSUER },
    request: { claims: IBM, ttl: 86400 },
    header: ({ kid }) => ({ alg: 'PS256', kid, typ: 'JWT' }),
    claims: () => ({ ...IBM, aud: ISSUER }),
    times: { iat: 0, exp: 86400, jti: true },
    set: { retire: '49h' },
    breaks: { ...wrongClient, 'aud-issuer': { claims: { aud: `${ISSUER}/token` } }, ...common(IBM, 86400) }
  },
  maskinporten: {
    kind: 'RSA',
    alg: 'RS256',
    kid: 'registered-1',
    request: { claims: GRANT, ttl: 120 },
    header: () => ({ alg: 'RS256', kid: 'registered-1' }),
    claims: () => GRANT,
    times: { iat: 0, exp: 120, jti: true },
    breaks: {
      'iss-required': wrongClient['iss-required'],
      'aud-maskinporten': { claims: { aud: 'https://test.maskinporten.no/token' } },
      'scope-required': { claims: { scope: undefined } },
      'resource-list': { claims: { resource: 'https://api.example.no' } },
      'consumer-once': { claims: { iss_onbehalfof: 'sub-client' } },
      ...common(GRANT, 120)
    }
  }
}
