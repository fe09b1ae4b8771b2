// What held keys wait for, in words and as JSON.

import t from 'tap'
import { fieldsOfHeldKey, wordHeldKey } from '../../src/cli/held-keys.ts'
import type { HeldKey } from '../../src/core/keys/gate.ts'
import { makeKeySet } from '../../src/core/keys/make-key-set.ts'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { privatePem } from '../support/keys.ts'

const NOW = Date.UTC(2026, 10, 26, 12) / 1000
const HOUR = 3600
const DAY = 24 * HOUR
const since = NOW - 4 * HOUR
const { keys: [key] } = makeKeySet('ecw', [parseKey('k.pem', privatePem('P-256'))], { kid: 'thumbprint', maxAge: 600, lead: 30 * HOUR, retire: DAY })
const heldKey = (more: Partial<HeldKey> = {}): HeldKey =>
  ({ key: key!, since, earliest: since + 30 * HOUR, deadline: since + 14 * DAY, has: [{ consumer: 'epic', since: NOW - HOUR }], lacks: [], ...more })
const lacks = [{ consumer: 'athena', last: NOW - 3 * HOUR }, { consumer: 'cerner' }]

t.test('who has it, who lacks it, and what comes next', async t => {
  const words = (held: HeldKey, now = NOW): string[] => wordHeldKey(held, 'ecw', now).split('\n')
  t.strictSame(words(heldKey({ lacks })), [
    `held: ${key!.kid} since 2026-11-26T08:00:00Z`,
    '  epic has had it since 2026-11-26T11:00:00Z',
    '  athena lacks it (last fetched 3 h ago, an older body)',
    '  cerner lacks it (has not fetched the set yet)',
    '  deadline 2026-12-10T08:00:00Z, in 14 days',
    ''
  ])
  t.match(words(heldKey({ lacks }), NOW + 20 * DAY)[4],
    /^ {2}the deadline was 6 days ago: ask them to fetch it, or accept that they refuse tokens: jwksd rotate ecw --force$/)
  const url = 'https://jwks.example.com/ecw/.well-known/jwks.json'
  t.equal(words(heldKey({ lacks: [{ consumer: url }] }), NOW + 20 * DAY)[3],
    `  the deadline was 6 days ago: look there with: jwksd check ${url}, or accept that they refuse tokens: jwksd rotate ecw --force`)
  t.equal(words(heldKey({ has: [{ consumer: url, since: NOW - HOUR }] }))[2], '  jwksd rotate ecw gives it its date', 'the lead counts from that')
  t.equal(words(heldKey())[2], '  its lead ends 2026-11-27T14:00:00Z, in 26 h')
  t.equal(words(heldKey(), NOW + 2 * DAY)[2], '  jwksd rotate ecw gives it its date')
})

t.test('as JSON', async t => {
  t.strictSame(fieldsOfHeldKey(heldKey({ lacks })), {
    kid: key!.kid,
    since: '2026-11-26T08:00:00Z',
    earliest: '2026-11-27T14:00:00Z',
    deadline: '2026-12-10T08:00:00Z',
    has: [{ consumer: 'epic', since: '2026-11-26T11:00:00Z' }],
    lacks: [{ consumer: 'athena', last: '2026-11-26T09:00:00Z' }, { consumer: 'cerner', last: null }]
  })
  t.match(fieldsOfHeldKey(heldKey({ deadline: Infinity })), { deadline: null })
})
