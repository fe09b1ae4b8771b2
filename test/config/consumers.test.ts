// Consumers, ledger and gates in the configuration: what a sound one becomes, and each contradiction at its line.

import t from 'tap'
import { consumersOf } from '../../src/config/consumers.ts'
import { readConfig } from '../../src/config/parse.ts'
import { isTooWide, parseCidr, parseRedisUrl, toBlockList } from '../../src/config/units.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { faultsOf } from '../support/faults.ts'

const BASE = 'url: https://jwks.hospital.org\nlisten: 0.0.0.0:8443\nkeys: ./keys\ntls: { cert: c.pem, key: k.pem }\n'
const LEDGER = 'ledger: { file: ledger.json }\n'
const EPIC = 'consumers: { epic: { set: epic-prod, from: [203.0.113.0/24, "2001:db8::/32", 198.51.100.7], userAgent: Epic } }\n'
const read = (text: string, env = {}) => readConfig(readYaml('/etc/jwksd/jwksd.yaml', BASE + text), env, 0)
const gate = (fields: string, set = 'epic-prod') => `sets: { ${set}: { lead: 30h, gate: ${fields} } }\n`

t.test('everything that can be said', async t => {
  const { config, faults, warnings } = read(LEDGER + EPIC + gate('{ consumers: [epic] }') +
    'redis: { url: "rediss://:secret@redis.hospital.org/1" }\ntrustProxy: [10.0.0.0/8]\npublicPage: true\n')
  t.strictSame([faults, warnings], [[], []])
  t.strictSame(config!.ledger, { file: '/etc/jwksd/ledger.json' })
  t.strictSame(config!.consumers.get('epic'), { set: 'epic-prod', from: ['203.0.113.0/24', '2001:db8::/32', '198.51.100.7'], userAgent: 'Epic' })
  t.strictSame(config!.sets.get('epic-prod')!.gate, { consumers: ['epic'], deadline: 14 * 86400 })
  t.equal(config!.redis!.url.password, 'secret')
  t.strictSame([config!.trustProxy, config!.publicPage], [['10.0.0.0/8'], true])
  const { ledger, redis, consumers, trustProxy, publicPage } = read('').config!
  t.strictSame([ledger, redis, consumers.size, trustProxy, publicPage], [undefined, undefined, 0, [], false], 'all of it is off by default')
})

t.test('who counts for a set: consumers of its URL or of one that includes it, else everybody, by the name of the set', async t => {
  const { config } = read('consumers: { a: { set: ecw, userAgent: a }, b: { set: all, userAgent: b } }\nsets: { all: { include: [ecw, cdata] } }\n')
  t.strictSame(['ecw', 'cdata', 'all', 'default'].map(set => consumersOf(set, config!)), [['a', 'b'], ['b'], ['b'], ['default']])
})

t.test('a gate that could never open is refused', async t => {
  t.strictSame(read(LEDGER + gate('{ consumers: [ecw] }', 'ecw')).faults, [], 'a set with one vendor needs no consumers')
  const cases: Array<[text: string, place: string, problem: RegExp, hint: RegExp]> = [
    [EPIC + gate('{ consumers: [epic] }'), '6 sets.epic-prod.gate', /nothing records/, /ledger: \{ file/],
    [LEDGER + EPIC + gate('{ consumers: [epic], deadline: 30h }'), '7 sets.epic-prod.gate.deadline', /too short/, /more than the lead, 30h/],
    [LEDGER + EPIC + gate('{ consumers: [epci] }'), '7 sets.epic-prod.gate.consumers.0', /no consumer "epci"/, /did you mean "epic"/],
    [LEDGER + gate('{ consumers: [epic] }'), '6 sets.epic-prod.gate.consumers.0', /no consumer "epic"/, /use one of: epic-prod/],
    [LEDGER + EPIC + gate('{ consumers: [epic] }', 'ecw'), '7 sets.ecw.gate.consumers.0', /fetches the set "epic-prod"/, /use one of: ecw/],
    [LEDGER + gate('{ consumers: [] }'), '6 sets.epic-prod.gate.consumers', /is empty/, /./],
    ['consumers: { any: { set: ecw } }\n', '5 consumers.any', /neither from nor userAgent/, /203\.0\.113\.0/],
    ['consumers: { any: { set: ecw, from: [203.0.113] } }\n', '5 consumers.any.from.0', /is not a network/, /203\.0\.113\.0\/24/],
    ['trustProxy: [10.0.0.0/8, "::/0"]\n', '5 trustProxy.1', /trusts every address/, /your proxies/],
    ['redis: { url: redis.example.com }\n', '5 redis.url', /not the URL of a Redis server/, /rediss:/]
  ]
  for (const [text, place, problem, hint] of cases) {
    t.match(read(text).faults, [{ where: `/etc/jwksd/jwksd.yaml:${place}`, problem, hint }], place)
  }
  const faulty = read(LEDGER + 'consumers: { epic: { from: [1.2.3.4] } }\n' + gate('{ consumers: [epic] }')).faults
  t.match(faulty, [{ where: /consumers\.epic\.set$/ }], 'a consumer with a fault is not unknown')
  t.equal(faulty.length, 1)
})

t.test('Redis: from the environment, and a password in clear text is warned of', async t => {
  const urls: Array<[url: string, warnings: number]> = [
    ['redis://:pw@redis.hospital.org', 1], ['rediss://:pw@redis.hospital.org', 0], ['redis://redis.hospital.org', 0], ['redis://:pw@127.0.0.1', 0]
  ]
  for (const [url, warnings] of urls) {
    const found = read('redis: { url: redis://a }\n', { JWKSD_REDIS_URL: url })
    t.equal(found.config!.redis!.url.href, url)
    t.equal(found.warnings.length, warnings, url)
    t.notMatch(JSON.stringify(found.warnings), /pw/)
  }
})

t.test('notations: networks, and Redis URLs whose faults do not repeat the password', async t => {
  const ours = toBlockList(['203.0.113.0/24', '198.51.100.7', '2001:db8::/32', '::1'])
  const inside: Array<[string, 'ipv4' | 'ipv6', boolean]> = [
    ['203.0.113.255', 'ipv4', true], ['203.0.114.0', 'ipv4', false], ['198.51.100.7', 'ipv4', true], ['198.51.100.8', 'ipv4', false],
    ['2001:db8:ffff::1', 'ipv6', true], ['2001:db9::', 'ipv6', false], ['::1', 'ipv6', true]
  ]
  for (const [address, family, expected] of inside) t.equal(ours.check(address, family), expected, address)
  t.strictSame(['0.0.0.0/0', '::/0', '10.0.0.0/8', '1.2.3.4'].map(isTooWide), [true, true, false, false])
  for (const text of ['', 'epic.com', '203.0.113.0/33', '2001:db8::/129', '1.2.3/8', '1.2.3.4/', 'fe80::1%eth0']) {
    t.match(await faultsOf(() => parseCidr(text)), [{ where: '', problem: /is not a network or address/ }], text)
  }
  for (const text of ['redis://', 'https://:pw@a', 'redis://:pw@a/x', 'redis://:pw@a:port', 'redis://:pw@a?x=1', 'redis://:pw@a#x', ':pw@a']) {
    const faults = await faultsOf(() => parseRedisUrl(text))
    t.match(faults, [{ where: '', problem: 'is not the URL of a Redis server' }], text)
    t.notMatch(JSON.stringify(faults), /pw/)
  }
})
