// A place in which files with keys are imported, and what openssl reads of the result.

import type { KeyObject } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Test } from 'tap'
import { importCommand } from '../../src/cli/import.ts'
import { runCommand } from './command.ts'
import { publicPem, type TestKind } from './keys.ts'
import { openssl } from './openssl.ts'

export const PASS = 'correct horse'
export const KINDS = ['RSA', 'P-256', 'P-384', 'P-521', 'Ed25519'] as const satisfies readonly TestKind[]

/** A place with a key directory, in which files can be imported. */
export function site (t: Test) {
  const directory = t.testdir({ pass: `${PASS}\n` })
  const at = (name: string): string => path.join(directory, name)
  const run = async (args: readonly string[], options: Parameters<typeof runCommand>[2] = {}) =>
    await runCommand(importCommand, args, { ...options, env: { JWKSD_CONFIG: at('jwksd.yaml'), ...options.env } })
  writeFileSync(at('jwksd.yaml'), 'url: https://localhost\nlisten: 127.0.0.1:0\nkeys: keys\ntls: { cert: c, key: k }\n')
  mkdirSync(at('keys'), { mode: 0o700 })
  const write = (name: string, content: string | Buffer): string => {
    mkdirSync(path.dirname(at(name)), { recursive: true })
    writeFileSync(at(name), content, { mode: 0o600 })
    return at(name)
  }
  return { directory, at, run, write }
}

interface Taking { args?: string[], notes?: RegExp }

/** Imports a file into a set of its own and checks that openssl reads the same key from what was written. */
export async function takes (
  t: Test, { run, directory }: ReturnType<typeof site>, name: string, file: string, key: KeyObject, options: Taking = {}
) {
  const set = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').slice(0, 60)
  const result = await run([file, set, '--json', ...options.args ?? []])
  t.match(result, { code: 0 }, `${name}: ${result.stderr}`)
  const { file: written } = JSON.parse(result.stdout) as { file: string }
  t.equal(statSync(written).mode & 0o777, 0o600)
  t.equal(openssl(directory, 'pkey', '-in', written, '-pubout'), publicPem(key), `${name}: openssl reads the same key`)
  if (options.notes) t.match(readFileSync(written, 'utf8'), options.notes)
  return result
}
