// The small notations: what they mean, and that everything else is refused in words.

import fc from 'fast-check'
import t from 'tap'
import { formatAddress, parseAddress, parsePublicUrl, parseRate, parseRedisUrl } from '../../src/config/units.ts'
import { formatDuration, parseDate, parseDuration, parseMoment } from '../../src/core/time.ts'
import { makeRedis } from '../../src/observe/redis.ts'
import { faultsOf } from '../support/faults.ts'

/** The text is rejected with one fault that names no place. */
async function rejects (parse: (text: string) => unknown, text: string, problem: RegExp, hint = /./): Promise<void> {
  t.match(await faultsOf(() => parse(text)), [{ where: '', problem, hint }], text)
}

t.test('durations', async t => {
  t.strictSame(['90s', '10m', '30h', '90d', '0s'].map(text => parseDuration(text)), [90, 600, 108_000, 7_776_000, 0])
  t.strictSame([0, 1, 90, 600, 5400, 108_000, 86_400].map(formatDuration), ['0s', '1s', '90s', '10m', '90m', '30h', '1d'])
  for (const text of ['', 'm', '-1m', '1.5h', '10 m', '1w', '10M', '9999999s', '9999999', '1h30m']) {
    await rejects(parseDuration, text, /is not a duration such as/, /s, m, h or d/)
  }
  await rejects(parseDuration, '300', /is a number without a unit: 300/, /^give a unit: 300s or 5m$/)
  await rejects(parseDuration, '7', /without a unit/, /^give a unit: 7s$/)
  const roundTrip = fc.property(fc.nat(999_999), seconds => parseDuration(formatDuration(seconds)) === seconds)
  t.doesNotThrow(() => { fc.assert(roundTrip) })
})

t.test('rates', async t => {
  t.strictSame(['20/s', '600/m', '5000/h'].map(parseRate), [{ count: 20, seconds: 1 }, { count: 600, seconds: 60 }, { count: 5000, seconds: 3600 }])
  for (const text of ['', '0/s', '20', '/s', '20/d', '1.5/s', '-1/s', '20/s ']) await rejects(parseRate, text, /is not a rate such as/)
})

t.test('addresses read back as they are written', async t => {
  for (const [text, host, port] of [['0.0.0.0:8443', '0.0.0.0', 8443], ['[::1]:0', '::1', 0], ['localhost:65535', 'localhost', 65535]] as const) {
    const address = parseAddress(text)
    t.strictSame(address, { host, port })
    t.equal(formatAddress({ host, port }), text)
  }
  for (const text of ['', '8443', ':8443', 'host', 'host:', 'host:65536', 'host:-1', '::1:8443', '[::1]', 'https://host:1', 'a b:1']) {
    await rejects(parseAddress, text, /is not an address such as/)
  }
})

t.test('dates: a date is its first moment in UTC, a date-time needs a zone', async t => {
  t.equal(parseDate('2027-06-01'), Date.UTC(2027, 5, 1) / 1000)
  t.equal(parseDate('2027-06-01T02:00+02:00'), Date.UTC(2027, 5, 1) / 1000)
  for (const text of ['', 'tomorrow', '2027-13-01', '2027-06-01T00:00:00', '01.06.2027', '2027-6-1']) await rejects(parseDate, text, /is not a date such as/)
})

t.test('a moment is a date, or a duration from now on', async t => {
  t.equal(parseMoment('2027-06-01', 7), Date.UTC(2027, 5, 1) / 1000)
  t.equal(parseMoment('2h', 7), 7207)
  for (const text of ['', 'tomorrow', '240', '2027-6-1']) await rejects(text => parseMoment(text, 7), text, /is neither a date nor a time from now/, /180d/)
  await rejects(text => parseMoment(text, 7), '2027-13-01', /is not a date/)
})

t.test('the public URL: https, a DNS name, nothing behind it', async t => {
  for (const text of ['https://jwks.example.com', 'https://jwks.example.com:8443', 'https://localhost:8443', 'https://bücher.example']) {
    t.ok(parsePublicUrl(text) instanceof URL, text)
  }
  const refused: Array<[string, RegExp]> = [
    ['http://jwks.example.com', /scheme http; only https is safe here/],
    ['ftp://jwks.example.com', /scheme ftp/],
    ['https://192.0.2.1', /has an IP address/],
    ['https://192.0.2.1:8443', /has an IP address/],
    ['https://3221225985', /has an IP address/],
    ['https://0xc0000201', /has an IP address/],
    ['https://[2001:db8::1]', /has an IP address/],
    ['https://a:b@jwks.example.com', /has a user name/],
    ['https://a@jwks.example.com', /has a user name/],
    ['https://jwks.example.com/', /has a path/],
    ['https://jwks.example.com/keys', /has a path/],
    ['https://jwks.example.com?x', /has a path/],
    ['https://jwks.example.com#x', /has a path/],
    ['jwks.example.com', /is not a URL/],
    ['', /is not a URL/]
  ]
  for (const [text, problem] of refused) await rejects(parsePublicUrl, text, problem, /https:/)
})

t.test('Redis: a % that ioredis could not read is refused without the password, an escaped one arrives', async t => {
  for (const text of ['rediss://:50%off@host', 'redis://:secret%@host', 'redis://:%C3@host', 'redis://50%off@host', 'redis://50%off:secret@host/1']) {
    await rejects(parseRedisUrl, text, /% in its user name or password/, /^write % in a user name or password as %25$/)
    t.notMatch(JSON.stringify(await faultsOf(() => parseRedisUrl(text))), /50|off|secret|C3/, 'never repeated')
    await t.rejects(makeRedis(new URL(text), {}), { message: 'URI malformed' }, 'what it would come to')
  }
  for (const [text, username, password] of [
    ['rediss://:50%25off@host', '', '50%off'], ['redis://a%25b:%C3%A9@host/1', 'a%b', 'é'], ['redis://:50%25off%25@host', '', '50%off%']
  ] as const) t.match((await makeRedis(parseRedisUrl(text), {})).options, { username, password }, text)
})
