// Automatic rotation: the server's own steps, over real files, in injected time; what fails is logged once and tried on.

import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { Config } from '../../src/config/types.ts'
import type { ConsumerFetches } from '../../src/core/keys/fetches.ts'
import { formatTime } from '../../src/core/time.ts'
import { RotationTimer } from '../../src/server/rotation-timer.ts'
import { load, type Loaded } from '../../src/state/load.ts'
import { Health } from '../../src/observe/health.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'
import { parseLines } from '../support/program.ts'
import { until } from '../support/until.ts'

const SETS = { default: { maxAge: '2s', lead: '6s', retire: '1h', rotation: { every: '1d' } } }
/** For how long a step of it must stay due (seconds). */
const HOLD = 900

interface Site {
  readonly keys: string
  readonly health: Health
  readonly log: () => Array<Record<string, unknown>>
  readonly file: string
  /** Waits until the timer has looked some times more. */
  readonly looks: (more: number) => Promise<void>
  /** What a test sets: the clocks, and whether there is a state. */
  readonly world: { wall: number, monotonic: number, state: Loaded | undefined, fetches: ConsumerFetches[] }
  readonly reload: () => Promise<void>
}

/** A look while a test removes a file finds that file listed, but gone: that fault is right and says nothing here. */
const isLasting = ({ problem }: Record<string, unknown>): boolean => !/^is not there/.test(String(problem))

/** A timer over a deployment, whose clocks stand still until a test moves them. */
async function startTimer (t: Test, options: Parameters<typeof deploy>[1] = {}): Promise<Site> {
  const { file, keys } = await deploy(t, {
    ...options, config: { sets: SETS, reload: { interval: '1s', skew: '1s' }, profiles: {}, clients: {}, ...options.config }
  })
  const lines: string[] = []
  const log = makeLogger('info', { tty: false, destination: { write: (line: string) => { lines.push(line) } } })
  const read = async (): Promise<Loaded> => await load({ file, env: {}, now: world.wall, listeners: 'both' })
  const world: Site['world'] = { wall: NOW, monotonic: 0, state: undefined, fetches: [] }
  world.state = await read()
  const fast = (config: Config): Config => ({ ...config, reload: { ...config.reload, interval: 0.02 } })
  const config = fast(world.state.config)
  const health = new Health(log, () => world.wall)
  let looked = 0
  const timer = new RotationTimer({
    current: () => {
      looked++
      return world.state ? { ...world.state, config: fast(world.state.config) } : { config, get snapshot (): never { throw new Error('no state') } }
    },
    health,
    fetches: async () => world.fetches,
    env: {},
    clock: () => world.wall,
    monotonic: () => world.monotonic,
    log
  })
  t.teardown(() => timer.close())
  const looks = async (more: number): Promise<void> => {
    const before = looked
    await until(() => looked > before + more * 3) // it asks for the state some times in each look
  }
  return { keys, file, health, world, looks, log: () => parseLines(lines.join('')).filter(isLasting), reload: async () => { world.state = await read() } }
}

t.test('does what stays due, logs faults once, and goes on when they are gone', async t => {
  const { keys, world, log, looks, reload } = await startTimer(t, {
    keys: { 'default.pem': privatePem('P-256'), 'other/o.pem': privatePem('P-256') }, config: { sets: { ...SETS, other: {} } }
  })
  await looks(2)
  t.strictSame((await readdir(keys)).sort(), ['default.pem', 'other'], 'a step waits until it has been due for a quarter of the retirement')
  await writeFile(path.join(keys, 'bad.pem'), 'nonsense')
  world.monotonic += HOLD
  await until(() => log().length > 0)
  await looks(2)
  t.match(log(), [{ level: 'error', where: /bad.pem/, msg: 'the set is not rotated' }])
  t.equal(log().length, 1, 'once')
  await rm(path.join(keys, 'bad.pem'))
  await until(() => log().length > 2)
  t.match(log().slice(1), [
    { set: 'default', step: 'generate', activates: NOW + 6, msg: 'rotated' }, { level: 'info', msg: 'the set default is rotated again' }
  ])
  await reload()
  await looks(2)
  t.strictSame((await readdir(keys)).sort(), ['default-es256-2.pem', 'default.pem', 'other'], 'nothing is done twice, nor in other sets')
  world.state = undefined
  await until(() => log().length > 4)
  t.match(log().slice(3), [
    { level: 'error', set: 'default', msg: 'a rotation ended unexpectedly' }, { level: 'error', where: 'default', msg: 'the set is not rotated' }
  ])
})

t.test('a clock that is wrong for a while destroys nothing', async t => {
  const { keys, world, looks, reload, log } = await startTimer(t, {
    keys: { 'default.pem': privatePem('P-256'), 'next.pem': `# activates: ${formatTime(NOW + 36 * 3600)}\n${privatePem('P-256')}` },
    config: { sets: { default: { ...SETS.default, rotation: { every: '90d' } } } }
  })
  world.wall = NOW + 60 * 86400
  await looks(2)
  world.monotonic += HOLD - 1
  await looks(2)
  world.wall = NOW
  await looks(2)
  world.wall = NOW + 60 * 86400
  world.monotonic += 1
  await looks(2)
  t.strictSame((await readdir(keys)).sort(), ['default.pem', 'next.pem'], 'the hold begins again')
  world.monotonic += HOLD
  await until(() => log().length > 0)
  t.match(log(), [{ set: 'default', step: 'destroy', msg: 'rotated' }], 'control: what stays due is done')
  const aside = `.default.pem.${world.wall}.removed`
  t.strictSame((await readdir(keys)).sort(), [aside, 'next.pem'], 'and the key is only set aside')
  await reload()
  world.wall += 3600
  await looks(2)
  world.monotonic += HOLD
  await until(async () => !(await readdir(keys)).includes(aside))
})

t.test('no step while the files are not served as they are, or the clock is not steady', async t => {
  const { keys, world, health, looks } = await startTimer(t)
  health.fail('reload', [], 'refused')
  await looks(1)
  world.monotonic += HOLD
  await looks(1)
  health.recover('reload', '')
  health.fail('clock', [], 'has stepped')
  world.monotonic += HOLD
  await looks(1)
  t.strictSame(await readdir(keys), ['default.pem'])
  health.recover('clock', '')
  await looks(1)
  world.monotonic += HOLD
  await until(async () => (await readdir(keys)).length === 2)
})

t.test('where nothing signs, the next key does not wait', async t => {
  const { keys } = await startTimer(t, { keys: { 'default.pem': `# revoked: ${formatTime(NOW)}\n${privatePem('P-256')}` } })
  await until(async () => (await readdir(keys)).includes('default-es256-2.pem'))
})

t.test('with a gate the new key is held, and gets its date when the consumer has had it for a while', async t => {
  const { keys, world, log, looks, reload } = await startTimer(t, {
    config: {
      sets: { default: { ...SETS.default, gate: { consumers: ['epic'] } } },
      consumers: { epic: { set: 'default', userAgent: 'Epic' } },
      ledger: { file: 'ledger.json' }
    }
  })
  await looks(1)
  world.monotonic += HOLD
  await until(() => log().length > 0)
  t.match(log(), [{ step: 'generate', heldUntil: NOW + 6 }])
  const next = path.join(keys, 'default-es256-2.pem')
  t.match(await readFile(next, 'utf8'), /^# activates: held since /)
  await reload()
  world.wall += 1000
  await looks(1)
  world.monotonic += HOLD
  await looks(2)
  t.equal(log().length, 1, 'control: it waits')
  const { kid } = world.state!.snapshot.sets.get('default')!.keys[1]!
  const fetched = { consumer: 'epic', set: 'default', first: NOW, last: NOW, count: 1, etag: '"e"', kids: new Map([[kid, NOW]]) }
  world.fetches = [fetched]
  await looks(2)
  t.equal(log().length, 1, 'as every step it must stay due')
  world.monotonic += HOLD
  await until(() => log().length > 1)
  t.match(log()[1], { step: 'promote', kid })
  t.match(await readFile(next, 'utf8'), new RegExp(`^# activates: ${formatTime(NOW + 1001)}\n`))
})

t.test('a vendor that gets keys by hand is named in the log when a new one is made', async t => {
  const { world, log, looks } = await startTimer(t, {
    keys: { 'default.pem': `# alg: RS256\n${privatePem('RSA')}` },
    client: { profiles: ['cdata'] },
    config: { profiles: { cdata: { preset: 'cdata-connect-ai', claims: { iss: 'acme' }, ttl: { default: '10s', max: '10s' } } } }
  })
  await looks(1)
  world.monotonic += HOLD
  await until(() => log().length > 1)
  t.match(log(), [{ step: 'generate' }, {
    level: 'warn', vendor: 'CData Connect AI', profile: 'cdata', before: formatTime(NOW + 6), command: /^jwksd export [0-9a-f]{16} --pem$/
  }])
})

t.test('a failure ends when a reload removes the schedule of its set, or the set', async t => {
  const rotated = { ...SETS.default, rotation: { every: '1d' } }
  const { keys, world, health, log, looks } = await startTimer(t, {
    keys: { 'default.pem': privatePem('P-256'), 'other/o.pem': privatePem('P-256'), 'third/t.pem': privatePem('P-256') },
    config: { sets: { default: rotated, other: rotated, third: rotated } }
  })
  await looks(2)
  for (const file of ['bad.pem', 'other/bad.pem', 'third/bad.pem']) await writeFile(path.join(keys, file), 'nonsense')
  world.monotonic += HOLD
  const failing = (): string[] => [...health.failures().keys()].sort()
  await until(() => failing().length === 3)
  health.fail('publish', [], 'no files are published')
  await looks(2)
  t.strictSame(failing(), ['publish', 'rotation of default', 'rotation of other', 'rotation of third'], 'control: while they are rotated')
  const { config, ...rest } = world.state!
  const { rotation: _, ...unscheduled } = config.sets.get('default')!
  const sets = new Map([...config.sets, ['default', unscheduled]] as const)
  sets.delete('other')
  world.state = { ...rest, config: { ...config, sets } }
  await looks(3)
  t.strictSame(failing(), ['publish', 'rotation of third'], 'what is still rotated fails on, and other parts do')
  t.match(log().filter(({ level }) => level === 'info'), [
    { msg: 'the set default is not rotated by schedule any more' }, { msg: 'the set other is not rotated by schedule any more' }
  ])
  t.equal(log().filter(({ level }) => level === 'info').length, 2, 'each is logged once')
})

t.test('a step that was due before its schedule was removed waits again when the schedule is back', async t => {
  const { keys, world, looks } = await startTimer(t, { keys: { 'default.pem': `# activates: ${formatTime(NOW - 86400)}\n${privatePem('P-256')}` } })
  const setSchedule = (rotation?: { every: number }): void => {
    const { config, ...rest } = world.state!
    const { rotation: _, ...rules } = config.sets.get('default')!
    world.state = { ...rest, config: { ...config, sets: new Map([['default', { ...rules, ...(rotation && { rotation }) }]]) } }
  }
  const { rotation } = world.state!.config.sets.get('default')!
  await looks(2)
  setSchedule()
  await looks(2)
  world.monotonic += HOLD
  setSchedule(rotation)
  await looks(3)
  t.strictSame(await readdir(keys), ['default.pem'])
  world.monotonic += HOLD
  t.ok(await until(async () => (await readdir(keys)).length === 2), 'control: after its wait it is taken')
})
