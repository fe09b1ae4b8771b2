// What fails at present: since when, logged once, and its end.

import t from 'tap'
import { Health } from '../../src/observe/health.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { parseLines } from '../support/program.ts'

t.test('a failure keeps its beginning and is logged once, as is its end', async t => {
  const lines: string[] = []
  let now = 1000
  const health = new Health(makeLogger('info', { tty: false, destination: { write: line => { lines.push(line) } } }), () => now)
  const faults = (problem: string) => [{ where: 'a.pem', problem, hint: 'replace it' }]
  health.recover('reload', 'nothing to log')
  t.equal(health.failure('reload'), undefined)
  health.fail('reload', faults('is broken'), 'reload refused')
  now = 1001
  health.fail('reload', faults('is broken'), 'reload refused')
  health.fail('reload', faults('is a directory'), 'reload refused')
  t.strictSame(health.failure('reload'), { since: 1000, faults: faults('is a directory') })
  health.fail('audit', [], 'no fault to log')
  t.strictSame([...health.failures().keys()], ['reload', 'audit'])
  health.recover('reload', 'reloaded')
  health.recover('reload', 'reloaded')
  t.match(parseLines(lines.join('')), [
    { level: 'error', where: 'a.pem', problem: 'is broken', hint: 'replace it', msg: 'reload refused' },
    { level: 'error', problem: 'is a directory' },
    { level: 'info', msg: 'reloaded' }
  ])
  t.equal(lines.length, 3)
})
