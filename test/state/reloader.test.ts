// The reloader with a state that is easy to see: the text of one file. `bad` in it is a fault.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Fault, fault } from '../../src/core/errors.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { Reloader } from '../../src/state/reloader.ts'
import { parseLines } from '../support/program.ts'
import { until } from '../support/until.ts'

interface Followed {
  readonly file: string
  readonly reloader: Reloader<string>
  /** States in the order in which they came into force. */
  readonly states: string[]
  /** The faults for which the last reload was refused. */
  readonly faults: () => readonly Fault[] | undefined
  /** Problems of all refused reloads. */
  readonly problems: string[]
  readonly loads: () => number
  /** How often the log has this message. */
  readonly said: (text: string) => number
  write: (text: string) => Promise<void>
  /** What a test does at the moment in which the reloader asks what it follows. */
  readonly during: { sources: () => void }
}

interface Options {
  interval?: number
  load?: (text: string, followed: Followed) => Promise<void> | void
  swap?: (text: string) => void
}

/** Follows one file and waits until its first text is in force. */
async function follow (t: Test, { interval = 1, load, swap }: Options = {}): Promise<Followed> {
  const keys = path.join(t.testdir(), 'keys')
  const file = path.join(keys, 'state')
  const states: string[] = []
  const lines: string[] = []
  const problems: string[] = []
  const during = { sources: () => {} }
  let faults: readonly Fault[] | undefined
  let loads = 0
  await mkdir(keys)
  await writeFile(file, 'first')
  const followed: Followed = {
    file,
    states,
    during,
    problems,
    faults: () => faults,
    loads: () => loads,
    said: text => parseLines(lines.join('')).filter(({ msg }) => msg === text).length,
    write: async text => { await writeFile(file, text) },
    reloader: new Reloader({
      sources: () => {
        during.sources()
        return { files: [file], keys }
      },
      load: async () => {
        loads++
        const text = await readFile(file, 'utf8')
        await load?.(text, followed)
        if (text === '' || text.startsWith('bad')) throw fault(file, `is ${text}`, 'write something good')
        return text
      },
      swap: text => {
        swap?.(text)
        states.push(text)
      },
      failed: found => {
        faults = found
        problems.push(...found.map(({ problem }) => problem))
      },
      recovered: how => {
        faults = undefined
        lines.push(JSON.stringify({ msg: how }) + '\n')
      },
      interval: () => interval,
      log: makeLogger('info', { tty: false, destination: { write: line => { lines.push(line) } } })
    })
  }
  t.teardown(() => followed.reloader.close())
  await until(() => states.length > 0)
  return followed
}

t.test('what changed during the start is in force at once', async t => {
  const { states } = await follow(t, { interval: 3600 })
  t.same(states, ['first'])
})

t.test('a change comes into force; a fault leaves the last good state', async t => {
  const { states, write, faults, said, loads } = await follow(t)
  await write('second')
  await until(() => states.length === 2)
  t.equal(said('reloaded'), 1, 'the first look is no news')
  await write('bad')
  t.match(await until(faults), [{ problem: 'is bad', hint: 'write something good' }])
  const tries = loads()
  await until(() => loads() > tries + 1) // the poll tries again
  await write('second')
  await until(() => faults() === undefined)
  t.equal(said('the files are again as they were'), 1)
  t.same(states, ['first', 'second'])
})

t.test('a file that is just written is no fault', async t => {
  const { states, problems, write } = await follow(t, {
    load: (text, { write }) => { if (text === '') setTimeout(() => { void write('second') }, 20) }
  })
  await write('') // as it is between open and write
  await until(() => states.includes('second'))
  t.same([states, problems], [['first', 'second'], []])
})

t.test('a poll finds what no watch can see', async t => {
  const { states, file, write } = await follow(t)
  const directory = path.dirname(file)
  await rename(directory, directory + '-old') // the watch goes along with it
  await mkdir(directory)
  await write('second')
  await until(() => states.includes('second'))
  await write('third')
  await until(() => states.includes('third'))
  t.same(states, ['first', 'second', 'third'])
})

t.test('a poll reads nothing as long as nothing looks changed', async t => {
  const { file, reloader, said, during } = await follow(t)
  for (const name of Array.from({ length: 100 }, (_, i) => `${i}.pem`)) await writeFile(path.join(path.dirname(file), name), 'A'.repeat(60_000))
  let polls = 0
  during.sources = () => { polls++ } // it is not asked any more once the dates of the files are trusted
  await until(() => polls > 0)
  await sleep(3500)
  const [read, before] = [await bytesRead(), polls]
  await sleep(2200)
  t.equal(polls, before)
  t.ok(await bytesRead() - read < 3_000_000, 'in two polls, less than half of the files')
  reloader.request()
  await until(() => said('nothing has changed') > 0)
  t.ok(await bytesRead() - read > 6_000_000, 'control: a request reads them all')
})

/** What this process has read since its start (man 5 proc, `rchar`). */
async function bytesRead (): Promise<number> {
  return Number(/^rchar: (\d+)$/m.exec(await readFile('/proc/self/io', 'utf8'))![1])
}

t.test('any number of requests is one reload', async t => {
  const { reloader, loads, said } = await follow(t)
  for (let i = 0; i < 1000; i++) reloader.request()
  await until(() => said('nothing has changed'))
  t.equal(said('nothing has changed'), 1)
  t.equal(loads(), 1, 'nothing changed, so nothing was read again')
})

t.test('a request during a reload is heard', async t => {
  const { states, write, said } = await follow(t, {
    load: (text, { reloader }) => { if (text === 'second') reloader.request() }
  })
  await write('second')
  await until(() => states.includes('second') && said('nothing has changed'))
  t.same(states, ['first', 'second'])
})

t.test('a request during the look at the directories is answered by a look of its own', async t => {
  const { reloader, states, write, said, during } = await follow(t)
  during.sources = () => {
    during.sources = () => {}
    reloader.request()
  }
  await write('second')
  await until(() => states.includes('second') && said('nothing has changed'))
  t.same(states, ['first', 'second'])
})

t.test('files that change while they are read are read again', async t => {
  const { states, write } = await follow(t, {
    load: async (text, { write }) => { if (text === 'half') await write('whole') }
  })
  await write('half')
  await until(() => states.length === 2)
  t.same(states, ['first', 'whole'])
})

t.test('files that never rest are taken as they are read', async t => {
  let writes = 0
  const { states, write } = await follow(t, {
    load: async (text, { write }) => { if (text.startsWith('restless') && writes < 3) await write(`restless ${++writes}`) }
  })
  await write('restless')
  await until(() => states.includes('restless 3'))
  t.same(states, ['first', 'restless 2', 'restless 3'], 'the third round counts, and the next look finds the rest')
})

t.test('a fault that is gone when the files rest is not reported', async t => {
  let writes = 0
  const { states, write, problems } = await follow(t, {
    load: async (text, { write }) => { if (text.startsWith('bad')) await write(++writes < 6 ? `bad ${writes}` : 'good') }
  })
  await write('bad')
  await until(() => states.includes('good'))
  t.same(problems, [])
})

t.test('an error that nobody foresaw, and a state that cannot be put in force, are faults too', async t => {
  const { states, write, faults, problems } = await follow(t, {
    load: text => { if (text === 'odd') throw new TypeError('oops') },
    swap: text => { if (text === 'unwelcome') throw fault('listener', 'does not take it', 'try another') }
  })
  await write('odd')
  await until(() => problems.includes('ended unexpectedly'))
  await write('unwelcome')
  await until(() => problems.includes('does not take it'))
  t.match(faults(), [{ where: 'listener' }])
  await write('good')
  await until(() => states.length === 2)
  t.same(states, ['first', 'good'])
  t.equal(faults(), undefined)
})

t.test('nothing begins after the end, even of a reload under way', async t => {
  const { reloader, states, write, loads } = await follow(t, {
    load: (text, { reloader }) => { if (text === 'second') reloader.close() }
  })
  await write('second')
  await until(() => states.length === 2)
  await write('third')
  reloader.request()
  await sleep(1500)
  t.equal(loads(), 2)
})

t.test('an end while the directories are listed leaves no watch behind', async t => {
  const { reloader, states, write, during } = await follow(t)
  during.sources = () => reloader.close()
  reloader.request()
  await sleep(500)
  await write('second')
  await sleep(1500)
  t.same(states, ['first'])
})
