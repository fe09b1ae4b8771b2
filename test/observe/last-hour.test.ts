// What each client did in the last hour: counted by minute, forgotten after sixty.

import t from 'tap'
import type { Decision } from '../../src/observe/decision.ts'
import { LastHour } from '../../src/observe/last-hour.ts'

t.test('signatures and refusals by client; older ones are forgotten', async t => {
  let now = 600_000
  const hour = new LastHour(() => now)
  const grant = (client: string): void => { hour.count({ event: 'granted', client } as Decision) }
  const refuse = (code: string, client?: string): void => { hour.count({ event: 'refused', code, ...(client !== undefined && { client }) } as Decision) }
  t.strictSame(hour.read(), [])
  grant('b')
  now += 59 * 60
  grant('b')
  grant('a')
  refuse('ERR_FORBIDDEN', 'a')
  refuse('ERR_FORBIDDEN', 'a')
  refuse('ERR_BUSY', 'a')
  refuse('ERR_UNAUTHENTICATED')
  t.strictSame(hour.read(), [
    { client: 'a', signed: 1, refused: new Map([['ERR_FORBIDDEN', 2], ['ERR_BUSY', 1]]) },
    { client: 'b', signed: 2, refused: new Map() },
    { client: 'none', signed: 0, refused: new Map([['ERR_UNAUTHENTICATED', 1]]) }
  ])
  now += 60
  t.match(hour.read()[1], { client: 'b', signed: 1 })
  now -= 3600
  t.strictSame(hour.read(), [], 'after a step of the clock, nothing is in the future')
})
