// The published schema and the reader say the same: whatever an editor accepts by jwksd.schema.json the program reads
// without a fault of shape, and what it underlines the program rejects. Compared by another implementation, Ajv.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import t from 'tap'
import { Report } from '../../src/config/report.ts'
import { configMembers, schemaText } from '../../src/config/schema.ts'
import { readMembers } from '../../src/config/structures.ts'
import { parseAddress, parseCidr, parseHttpsUrl, parsePublicUrl, parseRate, parseRedisUrl } from '../../src/config/units.ts'
import { parseDate, parseDuration } from '../../src/core/time.ts'
import { written } from '../../src/presets/index.ts'

/** What an editor cannot know of a format is asked of the parser. */
const accepts = (parse: (text: string) => unknown) => (text: string): boolean => {
  try {
    return parse(text) !== undefined
  } catch {
    return false
  }
}
const ajv = new Ajv({
  strict: true,
  allowUnionTypes: true,
  allErrors: true,
  formats: {
    'jwksd-duration': accepts(parseDuration),
    address: accepts(parseAddress),
    'address-or-public': accepts(text => text === 'public' || parseAddress(text)),
    rate: accepts(parseRate),
    'date-or-time': accepts(parseDate),
    'public-url': accepts(parsePublicUrl),
    'https-url': accepts(parseHttpsUrl),
    cidr: accepts(parseCidr),
    'redis-url': accepts(parseRedisUrl)
  }
})
const validate = ajv.compile(JSON.parse(schemaText()))

function faultsOf (document: Record<string, unknown>): string[] {
  const report = new Report(path => path.join('.'))
  readMembers(configMembers, document, report)
  return report.faults.map(({ where, problem }) => `${where}: ${problem}`)
}

/** Every field, so that each can be changed. */
const WHOLE = {
  url: 'https://jwks.example.com',
  listen: '0.0.0.0:8443',
  keys: 'keys',
  onBadKey: 'skip',
  tls: { cert: 'c.pem', key: 'k.pem' },
  sign: { listen: 'public', tls: { cert: 'c.pem', key: 'k.pem', clientCa: 'ca.pem' }, metrics: { clients: ['a'] } },
  audit: { file: 'audit.jsonl', sync: 'second', checkpoint: { set: 'ecw', every: '1h' } },
  ledger: { file: 'ledger.json' },
  redis: { url: 'rediss://redis.example.com' },
  consumers: { epic: { set: 'ecw', from: ['203.0.113.0/24'], userAgent: 'Epic' } },
  trustProxy: ['10.0.0.0/8'],
  publicPage: true,
  logLevel: 'info',
  drain: '5s',
  reload: { interval: '10s', skew: '60s' },
  sets: { ecw: { alg: 'RS384', kid: 'thumbprint', maxAge: '10m', lead: '30h', retire: '24h', staleIfError: '10m', mixed: true, rotation: { every: '90d' }, gate: { consumers: ['epic'], deadline: '14d' }, include: ['default'] } },
  presets: { mine: written['smart-health-cards'], detached: written['uk-open-banking-v3-1-3'], plain: written.jwt },
  profiles: {
    p: { preset: 'jwt', set: 'ecw', alg: 'RS384', key: 'k.pem', params: { a: 'b' }, claims: { iss: 'x', groups: [1, null] }, allow: { required: ['a'] }, aud: ['x'], typ: 'at+jwt', backdate: '30s', ttl: { default: '4m', max: '5m' } },
    q: { preset: 'detached', payload: ['json', 'bytes'] }
  },
  issuers: { idp: { issuer: 'x', audience: 'y', algs: ['RS256'], jwksUrl: 'https://id.example.com/k', ca: 'ca.pem', tokenFile: 't', staleIfError: '1h', typ: ['JWT'], maxLife: '1h' } },
  clients: {
    a: {
      auth: [{ apiKey: { id: 'k7Qm2xR9', sha256: '0'.repeat(64), expires: '2027-06-01' } }, { jwt: { issuer: 'idp', sub: 's' } }, { mtls: { san: 'DNS:a' } }],
      profiles: ['p'],
      rate: '20/s'
    }
  }
}

type Step = string | number
function pathsOf (value: unknown, path: readonly Step[] = []): Array<readonly Step[]> {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))]
}
const PATHS = pathsOf(JSON.parse(JSON.stringify(WHOLE))).slice(1)

/** A copy in which the value at `path` is another; undefined removes it, `add` puts it beside. */
function change (path: readonly Step[], value: unknown, add?: string): Record<string, unknown> {
  const copy = JSON.parse(JSON.stringify(WHOLE))
  const parent = path.slice(0, -1).reduce((inner, step) => inner[step], copy)
  if (add !== undefined && !Array.isArray(parent)) parent[add] = value
  else if (value !== undefined) parent[path.at(-1)!] = value
  else if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1)
  else delete parent[path.at(-1)!]
  return copy
}

t.test('jwksd.schema.json is the schema in force', async t => {
  const file = fileURLToPath(new URL('../../jwksd.schema.json', import.meta.url))
  t.equal(readFileSync(file, 'utf8'), schemaText(), 'run: npm run schema')
})

t.test('a document with every field is sound for both', async t => {
  t.strictSame(faultsOf(WHOLE), [])
  t.ok(validate(WHOLE))
  t.ok(PATHS.length > 200, 'every preset rule is changed, too')
})

t.test('after any change both say the same', async t => {
  const verdicts = { sound: 0, faulty: 0 }
  const same = (document: Record<string, unknown>): boolean => {
    const faults = faultsOf(document)
    verdicts[faults.length === 0 ? 'sound' : 'faulty']++
    return validate(document) === (faults.length === 0)
  }
  for (const path of PATHS) {
    t.ok(same(change(path, undefined)), `without ${path.join('.')}`)
    t.ok([1, 'x', null, [], {}].every(other => same(change(path, other))), `another type of ${path.join('.')}`)
  }
  const value = fc.oneof(
    fc.constantFrom('', 'x', '10m', '300', 300, 0, null, true, false, {}, [], ['x'], ['x', 'x'], ['json'], 'claims', 'RS256', 'public', '2027-06-01',
      '20/s', '::1/128', 'redis://a', 'https://a.example', 'https://a.example/', '0.0.0.0:1', { type: 'string' }, { x: 1 }, { apiKey: {} }),
    fc.jsonValue({ maxDepth: 1 }))
  const property = fc.property(fc.constantFrom(...PATHS), value, fc.option(fc.constantFrom('tsl', 'extra', 'Bad Name', 'kid'), { nil: undefined }),
    (path, value, add) => same(change(path, value, add)))
  t.doesNotThrow(() => { fc.assert(property, { numRuns: 500 }) })
  t.ok(verdicts.sound > 50 && verdicts.faulty > 500, 'both verdicts occur')
})
