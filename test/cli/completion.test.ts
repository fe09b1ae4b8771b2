// Shell completion: real shells read the script. zsh and fish are tried in test/programs/completion.test.ts.

import { execFileSync } from 'node:child_process'
import t from 'tap'
import { COMMANDS } from '../../src/cli/commands.ts'
import { completionCommand } from '../../src/cli/completion.ts'
import { runCommand } from '../support/command.ts'

const { stdout: script } = await runCommand(io => completionCommand(io, COMMANDS), ['bash'])

/** What bash offers after these words, the last of which is not finished. */
function completeInBash (...words: string[]): string[] {
  const source = `${script}\nCOMP_WORDS=(jwksd "$@"); COMP_CWORD=$#; _jwksd; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', source, 'bash', ...words], { encoding: 'utf8' }).trim().split('\n')
}

t.test('bash completes commands, their options and choices', async t => {
  t.strictSame(completeInBash('rot'), ['rotate'])
  t.strictSame(completeInBash('').filter(word => !word.startsWith('-')).sort(), [...COMMANDS.map(({ name }) => name), 'help'].sort())
  t.strictSame(completeInBash('serve', '--'), ['--config', '--only', '--help'])
  t.strictSame(completeInBash('serve', '--only', ''), ['public', 'internal'])
  t.strictSame(completeInBash('client', 'k'), ['key'])
  t.strictSame(completeInBash('help', 'verify'), ['verify-audit'])
  t.strictSame(completeInBash('serve', '-c', ''), [''], 'a file name is completed by bash itself')
})

t.test('zsh and fish get every command with its description', async t => {
  for (const shell of ['zsh', 'fish']) {
    const { code, stdout } = await runCommand(io => completionCommand(io, COMMANDS), [shell])
    t.equal(code, 0)
    for (const { name } of COMMANDS) t.match(stdout, name)
    t.match(stdout, 'safe to repeat')
  }
})

t.test('another shell is a usage error', async t => {
  t.match(await runCommand(io => completionCommand(io, COMMANDS), ['csh']), { code: 2, stdout: '' })
})
