// The server's clock while the wall clock steps, in injected time: no time that it gives is ever wrong by a step.

import t from 'tap'
import { Health } from '../../src/observe/health.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { SteadyClock, SYSTEM_TIME } from '../../src/server/steady-clock.ts'
import { parseLines } from '../support/program.ts'

const START = 1_800_000_000

/** A clock whose sources a test moves: `pass` lets time pass, `step` sets the wall clock. */
function makeWorld () {
  const world = { wall: START, monotonic: 5000 }
  const lines: string[] = []
  const clock = new SteadyClock({ wall: () => world.wall, monotonic: () => world.monotonic })
  const health = new Health(makeLogger('info', { tty: false, destination: { write: line => { lines.push(line) } } }), () => clock.now())
  clock.reportTo(health)
  return {
    clock,
    health,
    log: () => parseLines(lines.join('')),
    pass: (seconds: number) => {
      world.wall += seconds
      world.monotonic += seconds
    },
    step: (seconds: number) => { world.wall += seconds }
  }
}

const refused = { code: 'ERR_CLOCK' }

for (const seconds of [3, -3, 3600, -3600, 60 * 86400, 79 * 365 * 86400]) {
  t.test(`a step of ${seconds} s that is taken back`, async t => {
    const { clock, health, log, pass, step } = makeWorld()
    pass(10)
    clock.requireSteady()
    step(seconds)
    t.throws(() => clock.requireSteady(), { ...refused, details: { retryAfter: 30 } })
    t.equal(clock.now(), START + 10, 'time goes on from where it was')
    t.match(health.failure('clock'), { since: START + 10, faults: [{ where: 'clock', problem: `has stepped ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'back'}` }] })
    pass(4)
    t.equal(clock.now(), START + 14)
    step(-seconds)
    t.throws(() => clock.requireSteady(), { ...refused, details: { retryAfter: 5 } }, 'not yet: it may step again')
    pass(4)
    t.throws(() => clock.requireSteady(), refused)
    pass(1)
    clock.requireSteady()
    t.equal(clock.now(), START + 19)
    t.equal(health.failure('clock'), undefined)
    t.match(log().map(({ msg }) => msg), ['nothing is signed until the clock is steady', 'nothing is signed until the clock is steady', 'the clock is steady again'])
  })
}

t.test('a clock that stays where it has stepped to is taken over when it has been steady', async t => {
  const { clock, pass, step } = makeWorld()
  step(-7200)
  t.equal(clock.now(), START)
  pass(29)
  t.throws(() => clock.requireSteady(), { ...refused, details: { retryAfter: 1 } })
  t.equal(clock.now(), START + 29)
  step(10)
  pass(1)
  t.throws(() => clock.requireSteady(), { ...refused, details: { retryAfter: 30 } }, 'another step begins again')
  pass(30)
  clock.requireSteady()
  t.equal(clock.now(), START + 60 - 7190)
})

t.test('what a time service corrects is followed', async t => {
  const { clock, pass, step, log } = makeWorld()
  for (let i = 0; i < 10; i++) {
    step(1.9)
    pass(1)
    clock.requireSteady()
  }
  t.equal(clock.now(), START + 29)
  t.strictSame(log(), [])
})

t.test('without a reporter, by the clocks of this machine', async t => {
  const clock = new SteadyClock()
  clock.requireSteady()
  t.ok(Math.abs(clock.now() - Date.now() / 1000) < 2)
  const stepped = { ...SYSTEM_TIME, wall: () => 0 }
  const silent = new SteadyClock(stepped)
  stepped.wall = () => 100
  t.throws(() => silent.requireSteady(), refused)
})
