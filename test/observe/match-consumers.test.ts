// Whose fetch it is: consumers by network and User-Agent, strangers by group, and addresses that nobody can invent.

import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { matchConsumers, readAddress } from '../../src/observe/match-consumers.ts'
import type { ConsumerConfig } from '../../src/config/types.ts'
import { DEFAULT_SET } from '../../src/config/types.ts'

const request = (remoteAddress: string | undefined, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage

t.test('the address: X-Forwarded-For counts only behind trusted proxies, and only its trusted end', async t => {
  const [direct, behind] = [readAddress([]), readAddress(['10.0.0.0/8', '192.0.2.1', 'fd00::/8'])]
  const cases: Array<[remote: string | undefined, forwarded: string | undefined, expected: string]> = [
    ['203.0.113.7', '198.51.100.1', '203.0.113.7'], // not a proxy: what it says is ignored
    ['10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '203.0.113.9, 198.51.100.1', '198.51.100.1'], // the client invented the first
    ['10.1.2.3', '198.51.100.1, 192.0.2.1, 10.9.9.9', '198.51.100.1'], // three proxies
    ['10.1.2.3', '10.1.1.1', '10.1.1.1'],
    ['10.1.2.3', undefined, '10.1.2.3'],
    ['10.1.2.3', '', '10.1.2.3'],
    ['10.1.2.3', '203.0.113.9, unknown', '10.1.2.3'], // nothing left of what cannot be read
    ['10.1.2.3', '198.51.100.1:4711', '198.51.100.1'],
    ['fd00::1', '[2001:db8::5]:4711', '2001:db8::5'],
    ['fe80::1%eth0', undefined, 'fe80::1'],
    [undefined, '198.51.100.1', '']
  ]
  for (const [remote, forwarded, expected] of cases) t.equal(behind(request(remote, forwarded)), expected, `${remote} ${forwarded}`)
  t.equal(direct(request('10.1.2.3', '198.51.100.1')), '10.1.2.3', 'off by default')
})

const names = (consumers: Record<string, ConsumerConfig>, sets: string[], address: string, userAgent = '') => {
  const config = { consumers: new Map(Object.entries(consumers)), sets: new Map([['all', { ...DEFAULT_SET, include: ['ecw', 'cdata'] }]]) }
  return matchConsumers(config, sets)(address, userAgent).map(({ consumer, set }) => `${consumer}: ${set}`)
}

t.test('a consumer is named by network, User-Agent, or both', async t => {
  const consumers = {
    net: { set: 'ecw', from: ['203.0.113.0/24', '2001:db8::/32'] },
    agent: { set: 'ecw', from: [], userAgent: 'Epic' },
    both: { set: 'ecw', from: ['203.0.113.0/24'], userAgent: 'java' },
    other: { set: 'cdata', from: [], userAgent: 'Epic' }
  }
  t.strictSame(names(consumers, ['ecw'], '203.0.113.7', 'Java/17'), ['net: ecw', 'both: ecw'])
  t.strictSame(names(consumers, ['ecw'], '2001:db8::1', 'Java/17'), ['net: ecw'])
  t.strictSame(names(consumers, ['ecw'], '198.51.100.1', 'fetch by EPIC/1'), ['agent: ecw'])
  t.strictSame(names(consumers, ['ecw'], '', 'Java'), ['::/0 Java: ecw'].map(() => '0:0:0::/48 Java: ecw'), 'an address that is gone is nobody\'s')
  t.strictSame(names(consumers, ['ecw'], '198.51.100.1', 'curl/8.5'), ['198.51.100.0/24 curl: ecw'])
})

t.test('a set without consumers has one of its own name; who it may be is kept as a stranger', async t => {
  t.strictSame(names({}, ['ecw'], '198.51.100.1', 'curl/8.5'), ['ecw: ecw', '198.51.100.0/24 curl: ecw'])
})

t.test('strangers: by /24 or /48 and the first word of the User-Agent', async t => {
  const group = (address: string, userAgent: string) => names({}, ['x'], address, userAgent)[1]
  t.strictSame([
    group('2001:db8:1:2::3', 'Apache-HttpClient/4.5.14 (Java/17)'), group('2001:db8::1', ''), group('::1', '{}<script>'), group('10.0.0.1', 'x'.repeat(99))
  ], ['2001:db8:1::/48 Apache-HttpClient: x', '2001:db8:0::/48 none: x', '0:0:0::/48 other: x', `10.0.0.0/24 ${'x'.repeat(31)}: x`])
})

t.test('a body with several sets counts for each, where the consumer fetches its own URL or one that includes its set', async t => {
  const epic = { epic: { set: 'all', from: [], userAgent: 'epic' } }
  t.strictSame(names(epic, ['all', 'ecw', 'cdata'], '10.0.0.1', 'epic'), ['epic: all', 'epic: ecw', 'epic: cdata'])
  t.strictSame(names(epic, ['ecw'], '10.0.0.1', 'epic'), ['10.0.0.0/24 epic: ecw'], 'another URL: what its cache of the union holds is not known')
  const ecw = { vendor: { set: 'ecw', from: [], userAgent: 'epic' } }
  t.strictSame(names(ecw, ['all', 'ecw', 'cdata'], '10.0.0.1', 'epic'), ['vendor: ecw', 'all: all', 'cdata: cdata'])
  t.strictSame(names({}, ['all', 'ecw'], '10.0.0.1', 'epic'), ['all: all', 'ecw: ecw', '10.0.0.0/24 epic: all'])
})
