// jwksd init in a directory of a test, and what must be true of its result for any preset.

import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Test } from 'tap'
import { parse } from 'yaml'
import { initCommand } from '../../src/cli/init.ts'
import { onboardCommand } from '../../src/cli/onboard.ts'
import { signCommand } from '../../src/cli/sign.ts'
import type { Preset } from '../../src/core/tokens/preset.ts'
import { type CommandResult, runCommand } from './command.ts'
import { privatePem } from './keys.ts'

const RSA = privatePem('RSA')
const CURVES: Record<string, string> = { ES256: privatePem('P-256') }

type Options = Parameters<typeof runCommand>[2]

/** An empty directory and `init` in it. */
export function place (t: { testdir: (files?: Record<string, string>) => string }, files: Record<string, string> = {}) {
  const directory = t.testdir(files)
  const at = (name: string): string => path.join(directory, name)
  const init = async (args: readonly string[], options: Options = {}): Promise<CommandResult> => await runCommand(initCommand, [...args, '--directory', directory], options)
  return { directory, at, init }
}

/** The server would start with what init writes for a preset, and the preset's own example is signed. */
export async function startsAndSigns (t: Test, preset: Preset): Promise<void> {
  const { name } = preset
  const { at, init } = place(t)
  const alg = preset.alg.oneOf[0]!
  await writeFile(at('given.pem'), CURVES[alg] ?? RSA, { mode: 0o600 })
  const made = await init([name, '--host', 'localhost', '--client', 'billing', '--import', at('given.pem'), '--kid', 'kid-1', '--json'])
  t.equal(made.code, 0, `${name}: ${made.stderr}`)
  const { profile } = JSON.parse(made.stdout)
  const { claims: forced = {} } = parse(await readFile(at('jwksd.yaml'), 'utf8')).profiles[profile]
  const { claims = {}, payload } = preset.example
  const own = Object.fromEntries(Object.entries(claims).filter(([claim]) => !(claim in forced)))
  const args = payload === undefined ? ['--claims', JSON.stringify(own)] : ['--payload', JSON.stringify(payload)]
  const signed = await runCommand(signCommand, ['--config', at('jwksd.yaml'), ...args])
  t.equal(signed.code, 0, `${name}: ${signed.stderr}`)
  const onboard = await runCommand(onboardCommand, ['--config', at('jwksd.yaml')])
  t.match(onboard, { code: 0, stdout: 'kid-1' }, `${name}: ${onboard.stderr}`)
  const asked = preset.key.given === 'vendor' ? onboard.stderr.includes('the vendor gives it') : onboard.stdout.includes('Please send us')
  t.equal(made.stderr.includes('the vendor gives the value'), asked, `${name}: what is pending is warned of, and asked`)
}
