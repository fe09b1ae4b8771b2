// The log's stream: bounded, counted, and flushed at the end as far as somebody reads.

import { Writable } from 'node:stream'
import t from 'tap'
import { openLog } from '../../src/observe/log.ts'
import { LogStream } from '../../src/observe/log-stream.ts'
import { makeMetrics } from '../../src/observe/metrics.ts'

t.test('what finds no room is dropped; the count is reported when the reader has caught up', async t => {
  let [read, taken] = ['', (): void => {}]
  const reader = new Writable({
    highWaterMark: 4,
    write: (chunk: Buffer, _encoding, done) => {
      read += String(chunk)
      taken = done
    }
  })
  const stream = new LogStream(reader, 21)
  const reports: number[] = []
  stream.onCaughtUp(lines => { reports.push(lines) })
  for (let i = 0; i < 10; i++) stream.write(`line ${i}\n`)
  t.equal(stream.dropped, 7)
  await stream.flush(1)
  t.strictSame([read, reports], ['line 0\n', []], 'nobody reads on yet')
  reader._write = (chunk, _encoding, done) => {
    read += String(chunk)
    done()
  }
  taken()
  await stream.flush(60_000)
  t.strictSame(reports, [7])
  stream.write('more\n')
  await stream.flush(60_000)
  t.equal(read, 'line 0\nline 1\nline 2\nmore\n')
  t.strictSame(reports, [7], 'once')
})

t.test('the number of dropped lines is a metric', async t => {
  const empty = { sets: new Map(), published: new Map(), policy: { profiles: new Map(), clients: new Map() } }
  const metrics = makeMetrics({
    current: () => empty, clock: () => 0, fetches: async () => [], certificates: () => ({}), failures: () => new Map()
  })
  let dropped = 0
  metrics.followLog(() => dropped)
  for (const lines of [0, 3, 5]) {
    dropped = lines
    t.match(await metrics.registry.metrics(), `\njwksd_log_lines_dropped_total ${lines}\n`)
  }
})

t.test('a terminal gets lines for a person, not this stream', async t => {
  const terminal = Object.assign(new Writable({ write: () => { t.fail('a record of JSON') } }), { isTTY: true })
  openLog('silent', terminal).log.info('to a person')
})
