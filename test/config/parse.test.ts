// The configuration: what a sound one becomes, and that every fault of a bad one is reported at once at its line.

import t from 'tap'
import { stringify } from 'yaml'
import { readConfig } from '../../src/config/parse.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { makeApiKey } from '../../src/core/clients/api-key.ts'
import type { Fault } from '../../src/core/errors.ts'

const NOW = Date.UTC(2026, 10, 23) / 1000
const FILE = '/etc/jwksd/jwksd.yaml'
const BASE = `url: https://jwks.hospital.org
listen: 0.0.0.0:8443
keys: ./keys
tls: { cert: tls/cert.pem, key: tls/key.pem }
`
const SIGN = 'sign: { listen: 127.0.0.1:9443 }\n'
const read = (text: string, env: Record<string, string> = {}) => readConfig(readYaml(FILE, text), env, NOW)
const newKey = (expires?: string) => {
  const { id, sha256 } = makeApiKey()
  return { apiKey: { id, sha256, ...(expires && { expires }) } }
}

/** One fault is at a place (`line field`), with a reason and a hint. */
function hasFault (t: Tap, faults: readonly Fault[], place: string, problem: RegExp, hint = /./): void {
  const where = `${FILE}:${place}`
  t.match(faults.find(fault => fault.where === where && problem.test(fault.problem)) ?? faults, { where, problem, hint }, `${place} ${problem}`)
}
type Tap = Pick<typeof t, 'match'>

t.test('the least configuration has safe defaults and absolute paths', async t => {
  const { config, faults, warnings } = read(BASE)
  t.strictSame([faults, warnings], [[], []])
  t.match(config, {
    url: new URL('https://jwks.hospital.org'),
    listen: { host: '0.0.0.0', port: 8443 },
    keys: '/etc/jwksd/keys',
    tls: { cert: '/etc/jwksd/tls/cert.pem', key: '/etc/jwksd/tls/key.pem' },
    onBadKey: 'fail',
    logLevel: 'info',
    drain: 5
  })
  t.equal(config!.sign, undefined, 'it signs nothing')
})

t.test('audit: records go to standard output where no file is named', async t => {
  t.strictSame(read(BASE + 'audit: { file: "-" }\n').config!.audit, { sync: 'none' })
  t.equal(read(BASE).config!.audit, undefined)
})

t.test('everything that can be said', async t => {
  const { config, faults } = read(BASE + stringify({
    onBadKey: 'skip',
    logLevel: 'debug',
    drain: '30s',
    sign: { listen: '127.0.0.1:9443', tls: { cert: 'i.pem', key: '/abs/i.key', clientCa: 'ca.pem' } },
    audit: { file: 'audit.jsonl', sync: 'each', checkpoint: { set: 'all', every: '1h' } },
    sets: { ecw: { alg: 'RS512', kid: 'thumbprint', maxAge: '5m', lead: '31h', retire: '2d', rotation: { every: '90d' } }, all: { include: ['ecw'] } },
    profiles: { p: { preset: 'jwt', set: 'ecw', alg: 'RS512', key: 'k.pem', claims: { iss: 'x' }, ttl: { default: '1m', max: '2m' } }, q: { preset: 'jwt' } },
    clients: { app: { auth: [newKey('2027-06-01'), newKey()], profiles: ['p', 'q'], rate: '20/s' }, idle: { auth: [], profiles: [] } }
  }))
  t.strictSame(faults, [])
  t.match(config, {
    onBadKey: 'skip',
    logLevel: 'debug',
    drain: 30,
    sign: { listen: { host: '127.0.0.1', port: 9443 }, tls: { cert: '/etc/jwksd/i.pem', key: '/abs/i.key', clientCa: '/etc/jwksd/ca.pem' } },
    audit: { file: '/etc/jwksd/audit.jsonl', sync: 'each', checkpoint: { set: 'all', every: 3600 } }
  })
  t.match(config!.sets.get('ecw'), { alg: 'RS512', kid: 'thumbprint', maxAge: 300, lead: 111_600, retire: 172_800, rotation: { every: 7_776_000 } })
  t.strictSame(config!.sets.get('all')!.include, ['ecw'])
  t.match(config!.profiles.get('p'), { set: 'ecw', alg: 'RS512', key: 'k.pem', ttl: { default: 60, max: 120 } })
  t.strictSame(config!.profiles.get('p')!.claims.resolve({} as never), { iss: 'x' })
  t.match(config!.profiles.get('q'), { set: 'default' })
  t.match(config!.clients.get('app'), { profiles: ['p', 'q'], rate: { count: 20, seconds: 1 } })
})

t.test('every fault at once, each at its line', async t => {
  const { faults } = read(`url: http://192.0.2.1/keys
listen: nowhere
keys: 7
tsl: { cert: a }
tls: { cert: '', key: k.pem, extra: 1 }
sets:
  ecw:
    maxAge: 10 minutes
    alg: HS256
  Bad Name: {}
profiles:
  one: { set: ecw }
  two: { preset: no-such-vendor }
  three: { preset: smart-backend-services, alg: PS256, claims: { exp: 1 }, ttl: { max: 1h } }
  four: { preset: jwt, ttl: { default: 2h, max: 1h } }
clients:
  app:
    auth: [{ apiKey: { id: short, sha256: xyz } }]
    profiles: [one, one]
    rate: fast
  web: { auth: [], profiles: [missing] }
`)
  hasFault(t, faults, '1 url', /scheme http/, /https/)
  hasFault(t, faults, '2 listen', /is not an address/, /0\.0\.0\.0:8443/)
  hasFault(t, faults, '3 keys', /of type number; string is needed/)
  hasFault(t, faults, '4 tsl', /is not a field that jwksd knows/, /known here: .*tls/)
  hasFault(t, faults, '5 tls.cert', /is empty/)
  hasFault(t, faults, '5 tls.extra', /is not a field/, /known here: cert, key/)
  hasFault(t, faults, '8 sets.ecw.maxAge', /is not a duration/, /s, m, h or d/)
  hasFault(t, faults, '9 sets.ecw.alg', /is "HS256", which is none of the values allowed/, /RS384/)
  hasFault(t, faults, '10 sets.Bad Name', /is not a name/)
  hasFault(t, faults, '12 profiles.one.preset', /is missing/)
  hasFault(t, faults, '13 profiles.two.preset', /there is no preset "no-such-vendor"/, /smart-backend-services/)
  hasFault(t, faults, '14 profiles.three.alg', /does not take PS256/, /RS384/)
  hasFault(t, faults, '14 profiles.three.claims.exp', /set by jwksd itself/)
  hasFault(t, faults, '14 profiles.three.ttl.max', /longer than 5m/, /SMART/)
  hasFault(t, faults, '15 profiles.four.ttl.default', /must be from 1s to ttl.max, 1h/)
  hasFault(t, faults, '18 clients.app.auth.0.apiKey.id', /does not have the form/)
  hasFault(t, faults, '18 clients.app.auth.0.apiKey.sha256', /does not have the form/, /64 hex digits/)
  hasFault(t, faults, '19 clients.app.profiles', /names something twice/)
  hasFault(t, faults, '20 clients.app.rate', /is not a rate such as 20\/s/, /a slash and a unit/)
  hasFault(t, faults, '21 clients.web.profiles.0', /there is no profile "missing"/, /one, two, three, four/)
  t.ok(faults.every(({ hint }) => hint.length > 0))
})

t.test('wrong types, empty values and a document that is no mapping', async t => {
  const { faults } = read(BASE + 'audit:\nsets: []\nprofiles: { p: 1 }\n')
  hasFault(t, faults, '5 audit', /is empty; object is needed/)
  hasFault(t, faults, '6 sets', /is a list; object is needed/)
  hasFault(t, faults, '7 profiles.p', /of type number; object is needed/)
  hasFault(t, read(BASE + 'clients: 7\n').faults, '5 clients', /of type number; object is needed/)
  hasFault(t, read(BASE.replace('keys: ./keys\n', '')).faults, '1 keys', /is missing/)
  for (const text of ['[]', 'text', '7']) t.ok(read(text, { JWKSD_URL: 'https://x.example' }).faults.length > 0, `a document that is ${text}`)
  hasFault(t, read('listen: 0.0.0.0:1').faults, '1 url', /is missing/, /https/)
  t.match(read(BASE.replace('cert: tls/cert.pem, ', '')).faults, [{ where: `${FILE}:4 tls.cert`, problem: 'is missing' }])
})

t.test('__proto__ is a name like any other: it changes nothing', async t => {
  const { faults } = read(BASE + '__proto__: { logLevel: trace }\nsets: { __proto__: { alg: RS256 } }\n')
  hasFault(t, faults, '5 __proto__', /is not a field/)
  hasFault(t, faults, '6 sets.__proto__', /is not a name/)
  t.equal(({} as Record<string, unknown>).logLevel, undefined)
})

t.test('lifetimes that could leave a vendor without a key are refused with the least that is safe', async t => {
  const text = (set: string, ttl = '5m') => `${BASE}sets: { default: ${set} }\nprofiles: { p: { preset: jwt, ttl: { max: ${ttl} } } }\n`
  hasFault(t, read(text('{ lead: 669s, maxAge: 10m }')).faults, '5 sets.default.lead', /is too short/, /at least 670s/)
  hasFault(t, read(text('{ retire: 369s }')).faults, '5 sets.default.retire', /is too short/, /at least 370s/)
  hasFault(t, read(text('{ maxAge: 0s }')).faults, '5 sets.default.maxAge', /is 0/)
  t.strictSame(read(text('{ lead: 670s, maxAge: 10m, retire: 370s }')).faults, [], 'negative control: exactly enough')
  hasFault(t, read(text('{ retire: 370s }', '6m')).faults, '5 sets.default.retire', /could outlive the key/, /longest ttl 6m/)
})

t.test('margins: what is not said has its default, and reading without a pause is refused', async t => {
  hasFault(t, read(BASE + 'reload: { interval: 0s }').faults, '5 reload.interval', /is 0/)
  const longest = (duration: string) => read(`${BASE}drain: ${duration}\naudit: { file: "-", checkpoint: { set: default, every: ${duration} } }`).faults.map(({ where }) => where)
  t.match(longest('25d'), [/audit\.checkpoint\.every$/, /drain$/], 'a timer of Node would end at once')
  t.strictSame(longest('24d'), [])
  t.match(longest('0s'), [/audit\.checkpoint\.every$/])
  const set = 'sets: { default: { lead: 661s, maxAge: 10m } }\n'
  t.strictSame(read(BASE + set + 'reload: { interval: 1s }').faults, [], 'a shorter interval allows a shorter lead')
  hasFault(t, read(BASE + set + 'reload: { skew: 61s }').faults, '5 sets.default.lead', /is too short/, /at least 671s/)
})

t.test('listeners: clients need one, the two differ, TLS files are for a separate one', async t => {
  const clients = 'clients: { app: { auth: [], profiles: [] } }\n'
  t.match(read(BASE + clients).faults, [{ problem: /clients, but no listener/, hint: /public/ }])
  hasFault(t, read(BASE + 'sign: { listen: 0.0.0.0:8443 }').faults, '5 sign.listen', /public listener's address/, /public/)
  hasFault(t, read(BASE + 'sign: { listen: public, tls: { cert: a, key: b } }').faults, '5 sign.tls', /no effect/)
  hasFault(t, read(BASE + 'sign: { listen: 7 }').faults, '5 sign.listen', /./)
  t.strictSame(read(BASE.replace('8443', '0') + 'sign: { listen: 0.0.0.0:0 }').faults, [], 'port 0 is another port each time')
  t.match(read(BASE + 'sign: { listen: public }').sound.sign, { listen: 'public' })
})

t.test('API keys: an id once, two live keys at most; expired ones do not count', async t => {
  const auth = [newKey(), newKey('2027-01-01'), newKey('2026-11-24')]
  const withKeys = (keys: unknown[], other: unknown[] = []) => read(BASE + SIGN +
    stringify({ clients: { app: { auth: keys, profiles: [] }, web: { auth: other, profiles: [] } } })).faults
  t.match(withKeys(auth), [{ problem: /more than 2 live API keys/, hint: /remove the oldest/ }])
  t.strictSame(withKeys([...auth.slice(0, 2), newKey('2026-11-23'), newKey('2020-01-01T00:00:00Z')]), [])
  t.match(withKeys([auth[0]], [auth[0]]), [{ where: /clients\.web\.auth\.0\.apiKey\.id$/, problem: /also the id of a key of app/ }])
  t.match(withKeys([{}]), [{ where: /clients\.app\.auth\.0/, hint: /apiKey/ }])
  t.ok(read(BASE + 'presets: { own: { time: {} } }').faults.some(({ where, hint }) => where.endsWith('time.ttl') && hint === 'add it'))
  t.match(read(BASE + SIGN + 'clients: { app: { auth: [], profiles: [x] } }').faults, [{ hint: /none is defined/ }])
  t.match(withKeys([{ apiKey: { ...newKey().apiKey, expires: 'soon' } }]), [{ where: /expires$/, problem: /is not a date/ }])
})

t.test('the environment overrides its fields, and is named where it is wrong', async t => {
  const env = {
    JWKSD_URL: 'https://other.example', JWKSD_LISTEN: '[::]:1', JWKSD_KEYS: 'k', JWKSD_TLS_CERT: 'c.pem', JWKSD_TLS_KEY: '/k.pem', JWKSD_LOG_LEVEL: 'warn'
  }
  const { config, faults } = read(BASE, env)
  t.strictSame(faults, [])
  t.match(config, {
    url: new URL('https://other.example'),
    listen: { host: '::', port: 1 },
    keys: `${process.cwd()}/k`,
    tls: { cert: `${process.cwd()}/c.pem`, key: '/k.pem' },
    logLevel: 'warn'
  })
  const bad = read(BASE, { JWKSD_URL: 'http://x.example', JWKSD_LISTEN: 'x', JWKSD_LOG_LEVEL: 'loud' }).faults
  t.match(bad.map(({ where }) => where).sort(), ['JWKSD_LISTEN', 'JWKSD_LOG_LEVEL', 'JWKSD_URL'])
  t.strictSame(read(BASE, { JWKSD_URL: '' }).faults, [], 'an empty variable is none')
  t.strictSame(read(BASE.replace(/^tls.*\n/m, ''), { JWKSD_TLS_CERT: '/c', JWKSD_TLS_KEY: '/k' }).faults, [], 'the environment may name the files')
  t.match(read(BASE.replace(/^tls.*\n/m, 'tls: 7\n'), { JWKSD_TLS_CERT: '/c' }).faults, [{ where: /tls\.key$/, problem: 'is missing' }])
})

t.test('localhost in url is warned of', async t => {
  t.match(read(BASE.replace('jwks.hospital.org', 'localhost')).warnings, [/no vendor can fetch keys there/])
})
