// A copy of what git would give a newcomer, and a shell as the newcomer has it.

import { execFileSync } from 'node:child_process'
import { cpSync, symlinkSync } from 'node:fs'
import path from 'node:path'

/** A shell as the reader has it: without the options with which tap loads this file and every child of it,
 * and without those of an npm or npx that runs this test. */
export const shell = (command: string): string[] => ['-euo', 'pipefail', '-c', `unset NODE_OPTIONS \${!npm_config_@}\n${command}`]

/** A copy of what git would give a newcomer, built, with the dependencies at hand. */
export function makeCheckout (directory: string): void {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' }).trim().split('\n')
  for (const file of files.filter(file => !file.startsWith('test/'))) cpSync(file, path.join(directory, file))
  symlinkSync(path.resolve('node_modules'), path.join(directory, 'node_modules'))
  execFileSync('bash', shell('npm run --silent build'), { cwd: directory })
}
