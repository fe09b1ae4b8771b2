// Shell completion in fish and zsh: the real shells.

import { execFileSync } from 'node:child_process'
import t from 'tap'
import { COMMANDS } from '../../src/cli/commands.ts'
import { completionCommand } from '../../src/cli/completion.ts'
import { runCommand } from '../support/command.ts'

const scriptFor = async (shell: string): Promise<string> => (await runCommand(io => completionCommand(io, COMMANDS), [shell])).stdout

t.test('fish', async t => {
  const script = await scriptFor('fish')
  const complete = (line: string): string[] =>
    execFileSync('fish', ['--no-config', '-c', `${script}\ncomplete -C ${JSON.stringify(line)}`], { encoding: 'utf8' })
      .trim().split('\n').map(row => row.split('\t')[0]!)
  t.strictSame(complete('jwksd ').sort(), COMMANDS.map(({ name }) => name).sort())
  t.strictSame(complete('jwksd serve --o'), ['--only'])
  t.strictSame(complete('jwksd serve --only ').sort(), ['internal', 'public'])
  t.strictSame(complete('jwksd client k'), ['key'])
})

t.test('zsh', async t => {
  const script = await scriptFor('zsh')
  const load = (text: string): string => execFileSync('zsh', ['-fc', `autoload -U compinit; compinit -D -u; ${text}\nprint -r -- $_comps[jwksd]`], { encoding: 'utf8' })
  t.equal(load(script).trim(), '_jwksd')
  t.throws(() => load(script.replace('esac', '')), 'negative control: zsh refuses a script that is not whole')
})
