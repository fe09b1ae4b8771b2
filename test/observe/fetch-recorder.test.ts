// What is recorded between two hand-overs: counts, times and kids per consumer, in bounded memory.

import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import { FetchRecorder, type RecordFetch, type ServedBody } from '../../src/observe/fetch-recorder.ts'

/** A request whose answer has been sent. */
function finish (record: RecordFetch, remoteAddress: string, userAgent = 'curl/8'): void {
  const request = { socket: { remoteAddress, destroyed: false }, headers: { 'user-agent': userAgent } } as unknown as IncomingMessage
  const response = Object.assign(new EventEmitter(), { req: request }) as unknown as ServerResponse
  record(request, response)
  response.emit('finish')
}

function setUp () {
  const time = { now: 100 }
  const config = { consumers: new Map([['epic', { set: 'ecw', from: ['203.0.113.0/24'] }]]), sets: new Map(), trustProxy: [] }
  const recorder = new FetchRecorder(() => config, () => time.now)
  const fetch = (body: ServedBody, address: string): void => { finish(recorder.watch(body), address) }
  return { time, recorder, fetch }
}
const body = (etag: string, ...kids: string[]): ServedBody => ({ etag, kids: new Map([['ecw', kids]]) })

t.test('first and last time, count, ETag, and since when each kid', async t => {
  const { time, recorder, fetch } = setUp()
  const [old, both] = [body('"a"', 'one'), body('"b"', 'one', 'two')]
  fetch(old, '203.0.113.7')
  time.now = 105
  fetch(both, '203.0.113.8')
  time.now = 107
  fetch(both, '203.0.113.9')
  t.strictSame(recorder.take(), [{ consumer: 'epic', set: 'ecw', first: 100, last: 107, count: 3, etag: '"b"', kids: new Map([['one', 100], ['two', 105]]) }])
  t.strictSame(recorder.take(), [], 'what was taken is not taken again')
  fetch(both, '203.0.113.9')
  fetch(old, '203.0.113.7')
  t.strictSame([...recorder.take()[0]!.kids.keys()], ['one'], 'the last body decides')
})

t.test('strangers are bounded: from the hundredth group on they are one', async t => {
  const { recorder, fetch } = setUp()
  const { kids } = body('', 'k')
  const served = { etag: '"a"', kids: new Map([...kids, ['cdata', ['k']]]) }
  const record = recorder.watch(served)
  for (let i = 0; i < 3000; i++) {
    finish(record, `10.${i >> 8}.${i & 255}.1`, i % 2 === 0 ? 'a' : 'x'.repeat(400))
  }
  fetch(served, '203.0.113.7')
  const taken = recorder.take()
  t.equal(taken.length, 104, 'a hundred strangers, the rest, epic for both sets, and cdata, which has no consumer')
  t.equal(taken.find(({ consumer }) => consumer === '0.0.0.0/0 others')!.count, 2900)
  fetch(served, '10.0.0.1')
  t.equal(recorder.take().filter(({ consumer }) => consumer.startsWith('10.0.0.0/24')).length, 1, 'the next second counts from zero')
})
