// Authentication methods as the configuration writes them: what is read, and every fault with its line and hint.

import t from 'tap'
import { readConfig } from '../../src/config/parse.ts'
import { readYaml } from '../../src/config/yaml.ts'
import type { Config } from '../../src/config/types.ts'

const NOW = 1_795_380_000

const HEAD = `url: https://jwks.example.com
listen: 0.0.0.0:8443
keys: keys
tls: { cert: c.pem, key: k.pem }
profiles: { p: { preset: jwt } }
`
const SIGN = 'sign: { listen: "10.0.0.5:9443", tls: { cert: c.pem, key: k.pem, clientCa: ca.pem } }\n'
const IDP = 'issuer: https://id.example.com, audience: jwksd, algs: [RS256], jwksUrl: https://id.example.com/jwks.json'

/** Faults as `line field: problem`. */
function faultsOf (text: string): string[] {
  const { faults } = readConfig(readYaml('jwksd.yaml', text), {}, NOW)
  t.ok(faults.every(({ hint }) => hint.length > 0), 'every fault has a hint')
  return faults.map(({ where, problem }) => `${where.replace('jwksd.yaml:', '')}: ${problem}`)
}

function read (text: string): Config {
  const { config, faults } = readConfig(readYaml('/etc/jwksd/jwksd.yaml', text), {}, NOW)
  t.strictSame(faults, [])
  return config!
}

t.test('issuers and the three authentication methods are read', t => {
  const { issuers, clients } = read(`${HEAD}${SIGN}
issuers:
  idp: { ${IDP} }
  cluster:
    issuer: https://kubernetes.default.svc.cluster.local
    audience: jwksd
    algs: [RS256, ES256]
    jwksUrl: https://10.0.0.1/openid/v1/jwks
    ca: /var/run/secrets/ca.crt
    tokenFile: secrets/token
    staleIfError: 24h
    typ: [application/at+JWT, none]
    maxLife: 1h
clients:
  billing:
    auth:
      - apiKey: { id: k7Qm2xR9, sha256: "${'0'.repeat(64)}", expires: 2027-06-01 }
      - jwt: { issuer: idp, sub: billing }
      - jwt: { issuer: cluster, sub: "system:serviceaccount:prod:billing" }
      - mtls: { san: URI:spiffe://example.com/ns/prod/sa/billing }
      - mtls: { san: DNS:billing.internal }
    profiles: [p]
    rate: 20/s
  idle: { auth: [], profiles: [] }
`)
  const idp = {
    name: 'idp',
    issuer: 'https://id.example.com',
    audience: 'jwksd',
    algs: ['RS256'],
    jwksUrl: new URL('https://id.example.com/jwks.json'),
    staleIfError: 3600,
    types: ['none', 'jwt', 'at+jwt'],
    maxLife: 86400
  }
  const cluster = {
    name: 'cluster',
    issuer: 'https://kubernetes.default.svc.cluster.local',
    audience: 'jwksd',
    algs: ['RS256', 'ES256'],
    jwksUrl: new URL('https://10.0.0.1/openid/v1/jwks'),
    ca: '/var/run/secrets/ca.crt',
    tokenFile: '/etc/jwksd/secrets/token',
    staleIfError: 86400,
    types: ['at+jwt', 'none'],
    maxLife: 3600
  }
  t.strictSame([...issuers.values()], [idp, cluster])
  t.strictSame([...clients.values()], [
    {
      name: 'billing',
      apiKeys: [{ id: 'k7Qm2xR9', sha256: Buffer.alloc(32), expires: Date.UTC(2027, 5) / 1000 }],
      subjects: [{ issuer: idp, sub: 'billing' }, { issuer: cluster, sub: 'system:serviceaccount:prod:billing' }],
      sans: ['URI:spiffe://example.com/ns/prod/sa/billing', 'DNS:billing.internal'],
      profiles: ['p'],
      rate: { count: 20, seconds: 1 }
    },
    { name: 'idle', apiKeys: [], subjects: [], sans: [], profiles: [] }
  ])
  t.end()
})

t.test('faults of issuers', t => {
  t.strictSame(faultsOf(`${HEAD}issuers:
  plain: { ${IDP.replace('https://id.example.com/jwks', 'http://id.example.com/jwks')} }
  user: { ${IDP.replace('https://id.example.com/jwks', 'https://me:pw@id.example.com/jwks')} }
  nowhere: { ${IDP.replace('https://id.example.com/jwks.json', 'jwks.json')} }
  hmac: { ${IDP.replace('[RS256]', '[RS256, HS256]')} }
  none: { ${IDP.replace('[RS256]', '[none]')} }
  empty: { ${IDP.replace('[RS256]', '[]')} }
  twice: { ${IDP.replace('[RS256]', '[RS256, RS256]')} }
  bare: {}
`), [
    '12 issuers.empty.algs: is empty',
    '13 issuers.twice.algs: names something twice',
    '14 issuers.bare.issuer: is missing',
    '14 issuers.bare.audience: is missing',
    '14 issuers.bare.algs: is missing',
    '14 issuers.bare.jwksUrl: is missing',
    '7 issuers.plain.jwksUrl: has the scheme http; only https is safe here',
    '8 issuers.user.jwksUrl: has a user name in it; it would stand in logs',
    '9 issuers.nowhere.jwksUrl: is not a URL: jwks.json',
    '10 issuers.hmac.algs.1: is "HS256", which is none of the values allowed',
    '11 issuers.none.algs.0: is "none", which is none of the values allowed'
  ].sort(byLine))
  t.strictSame(faultsOf(`${HEAD}issuers:
  one: { ${IDP} }
  two: { ${IDP}, staleIfError: 25h, maxLife: 0s }
`), [
    '8 issuers.two.issuer: is also the iss of one',
    '8 issuers.two.maxLife: is 0: no token could be valid',
    '8 issuers.two.staleIfError: is too long: a key that the issuer withdrew would be trusted all that time'
  ])
  t.end()
})

t.test('faults of authentication methods', t => {
  t.strictSame(faultsOf(`${HEAD}sign: { listen: public }
issuers: { idp: { ${IDP} }, broken: { issuer: x } }
clients:
  a:
    auth:
      - jwt: { issuer: idp, sub: s }
      - jwt: { issuer: broken, sub: s }
      - jwt: { issuer: unknown, sub: s }
      - mtls: { san: DNS:a.internal }
    profiles: [p]
  b:
    auth: [jwt: { issuer: idp, sub: s }]
    profiles: [nothing]
`), [
    '7 issuers.broken.audience: is missing',
    '7 issuers.broken.algs: is missing',
    '7 issuers.broken.jwksUrl: is missing',
    '13 clients.a.auth.2.jwt.issuer: there is no issuer "unknown"',
    '14 clients.a.auth.3.mtls: cannot be used: the internal listener asks for no certificate',
    '18 clients.b.profiles.0: there is no profile "nothing"',
    '17 clients.b.auth.0.jwt.sub: is also the sub of a'
  ])
  t.strictSame(faultsOf(`${HEAD}${SIGN}clients:
  a: { auth: [mtls: { san: DNS:a.internal }, apiKey: { id: k7Qm2xR9, sha256: "${'0'.repeat(64)}" }], profiles: [p] }
  b: { auth: [mtls: { san: DNS:a.internal }, apiKey: { id: k7Qm2xR9, sha256: "${'1'.repeat(64)}" }], profiles: [p] }
  c: { auth: [jwt: { issuer: idp, sub: s }], profiles: [p] }
`), [
    '9 clients.b.auth.0.mtls.san: is also the name in the certificate of a',
    '9 clients.b.auth.1.apiKey.id: is also the id of a key of a',
    '10 clients.c.auth.0.jwt.issuer: there is no issuer "idp"'
  ])
  t.end()
})

t.test('an entry of auth is one way in', t => {
  for (const [entry, problem] of [
    ['{}', 'clients.a.auth.0: has 0 fields; one is needed'],
    ['{ jwt: { issuer: i, sub: s }, mtls: { san: DNS:a } }', 'clients.a.auth.0: has 2 fields; one is needed'],
    ['password: x', 'clients.a.auth.0.password: is not a field that jwksd knows'],
    ['jwt: { issuer: i, sub: "" }', 'clients.a.auth.0.jwt.sub: is empty'],
    ['mtls: { san: a.internal }', 'clients.a.auth.0.mtls.san: does not have the form that is needed'],
    ['mtls: { san: "DNS:A.internal" }', 'clients.a.auth.0.mtls.san: does not have the form that is needed'],
    ['mtls: { san: "DNS:*.internal" }', 'clients.a.auth.0.mtls.san: does not have the form that is needed'],
    ['mtls: { san: "URI:spiffe://a, URI:spiffe://b" }', 'clients.a.auth.0.mtls.san: does not have the form that is needed'],
    ['mtls: { san: "CN:a" }', 'clients.a.auth.0.mtls.san: does not have the form that is needed']
  ] as const) {
    t.strictSame(faultsOf(`${HEAD}${SIGN}clients: { a: { auth: [${entry}], profiles: [p] } }\n`), [`7 ${problem}`], entry)
  }
  t.end()
})

t.test('without a listener for clients that is the only fault, not the certificate that nobody asks for', t => {
  t.strictSame(faultsOf(`${HEAD}clients: { a: { auth: [mtls: { san: DNS:a }], profiles: [p] } }\n`),
    ['1 sign: there are clients, but no listener for them'])
  t.end()
})

t.test('a profile that nobody defined', t => {
  const { faults } = readConfig(readYaml('jwksd.yaml', HEAD.replace(/profiles.*/, '') + SIGN + 'clients: { a: { auth: [], profiles: [p] } }\n'), {}, NOW)
  t.match(faults, [{ problem: 'there is no profile "p"', hint: 'use one of: (none is defined)' }])
  t.end()
})

t.test('three live API keys are one too many; an expired one does not count', t => {
  const key = (id: string, rest = ''): string => `apiKey: { id: ${id}, sha256: "${'0'.repeat(64)}"${rest} }`
  const client = (...keys: string[]): string => `${HEAD}${SIGN}clients: { a: { auth: [${keys.join(', ')}], profiles: [p] } }\n`
  t.strictSame(faultsOf(client(key('aaaaaaaa'), key('bbbbbbbb'), key('cccccccc'))), ['7 clients.a.auth: has more than 2 live API keys'])
  t.strictSame(faultsOf(client(key('aaaaaaaa'), key('bbbbbbbb'), key('cccccccc', ', expires: 2026-01-01'))), [])
  t.end()
})

t.test('what is no fault and yet no use is warned of: no auth, API keys that end, a hash of nothing', t => {
  const { faults, warnings } = readConfig(readYaml('jwksd.yaml', `${HEAD}${SIGN}clients:
  bare: { profiles: [p] }
  idle: { auth: [], profiles: [] }
  late:
    auth:
      - apiKey: { id: aaaaaaaa, sha256: "${'a'.repeat(64)}", expires: 2026-11-01 }
      - apiKey: { id: bbbbbbbb, sha256: "${'b'.repeat(64)}", expires: 2026-12-01T00:00:00Z }
      - apiKey: { id: cccccccc, sha256: "${'c'.repeat(64)}", expires: 2027-12-01 }
    profiles: [p]
  zero: { auth: [apiKey: { id: dddddddd, sha256: "${'0'.repeat(64)}" }], profiles: [p] }
`), {}, NOW)
  t.strictSame(faults, [])
  t.strictSame(warnings.filter(text => text.startsWith('jwksd.yaml')), [
    'jwksd.yaml:8 clients.bare: has no auth, so nobody can sign as it; make an API key with: jwksd client key bare --write',
    'jwksd.yaml:12 clients.late.auth: the API key aaaaaaaa expired on 2026-11-01T00:00:00Z; make the next with: jwksd client key late --write',
    'jwksd.yaml:12 clients.late.auth: the API key bbbbbbbb expires on 2026-12-01T00:00:00Z; make the next with: jwksd client key late --write',
    'jwksd.yaml:16 clients.zero.auth.0.apiKey.sha256: is the hash of no token, so nobody can use this API key'
  ])
  t.end()
})

function byLine (a: string, b: string): number {
  return parseInt(a) - parseInt(b)
}
