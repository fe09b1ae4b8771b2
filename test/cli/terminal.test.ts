// Questions at a terminal: what is typed, what is shown, and how it ends.

import t from 'tap'
import { ask, isInteractive } from '../../src/cli/terminal.ts'
import { faultsOf } from '../support/faults.ts'

/** A terminal at which these chunks are typed. */
function terminal (...typed: string[]) {
  const modes: boolean[] = []
  let shown = ''
  const chunks = (async function * () { for (const chunk of typed) yield Buffer.from(chunk) })()
  const stdin = Object.assign(chunks, { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) })
  return { io: { stdin, stderr: { write: (text: string) => { shown += text } } }, modes, shown: () => shown }
}

t.test('a line, with corrections, shown as it is typed', async t => {
  const { io, modes, shown } = terminal('\x7fyex', '\b', 's\r', 'later')
  t.equal(await ask(io, 'Sure? '), 'yes')
  t.equal(shown(), 'Sure? yex\b \bs\n')
  t.strictSame(modes, [true, false])
})

t.test('a passphrase is not shown', async t => {
  const { io, shown } = terminal('correct horse ü\n')
  t.equal(await ask(io, 'Passphrase: ', true), 'correct horse ü')
  t.equal(shown(), 'Passphrase: \n')
})

t.test('Ctrl-C, Ctrl-D and the end of input are no answer; the terminal is left as it was', async t => {
  for (const typed of ['ab\x03', '\x04', 'ab']) {
    const { io, modes } = terminal(typed)
    t.match(await faultsOf(async () => await ask(io, 'Sure? ')), [{ where: 'terminal', problem: 'no answer was given' }])
    t.strictSame(modes, [true, false])
  }
})

t.test('a pipe is no terminal', async t => {
  const { stdin } = terminal().io
  t.ok(isInteractive({ stdin }))
  t.notOk(isInteractive({ stdin: Object.assign(stdin, { isTTY: false }) }))
})
