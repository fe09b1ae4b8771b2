// A subcommand in this process, as src/main.ts runs it, but with a clock and streams of the test.

import { type Command, CommanderError } from 'commander'
import { type Fault, FaultsError } from '../../src/core/errors.ts'
import { type Io, printFaults } from '../../src/cli/io.ts'
import { NOW } from './listener.ts'
import type { Result } from './program.ts'

export interface CommandResult extends Result { readonly faults: readonly Fault[] }

interface CommandOptions {
  env?: Record<string, string>
  /** Seconds; a function where time goes on. */
  now?: number | (() => number)
  /** Chunks on standard input. */
  input?: Iterable<string>
  /** What is typed, where standard input is a terminal. */
  terminal?: string
  /** Standard output, where it is a terminal. */
  screen?: { columns?: number, isTTY?: boolean }
}

/** Runs one command line. Exit codes as in main.ts: 0 ok, 1 fault, 2 usage. */
export async function runCommand (
  make: (io: Io) => Command, args: readonly string[], options: CommandOptions = {}
): Promise<CommandResult> {
  const { env = {}, now = NOW, input = [], terminal, screen = {} } = options
  const written = { stdout: '', stderr: '' }
  const stdout = { ...screen, write: (text: string) => { written.stdout += text } }
  const stderr = { write: (text: string) => { written.stderr += text } }
  const stdin = terminal === undefined ? chunks(input) : Object.assign(chunks([terminal]), { isTTY: true, setRawMode: () => {} })
  const io: Io = { env, stdout, stderr, stdin, clock: () => typeof now === 'number' ? now : now() }
  const command = make(io)
  for (const one of [command, ...command.commands]) one.exitOverride().configureOutput({ writeOut: stdout.write, writeErr: stderr.write })
  try {
    await command.parseAsync(args, { from: 'user' })
    return { code: 0, faults: [], ...written }
  } catch (error) {
    if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : 2, faults: [], ...written }
    if (!(error instanceof FaultsError)) throw error
    printFaults(io, error.faults, error.warnings)
    return { code: 1, faults: error.faults, ...written }
  }
}

async function * chunks (texts: Iterable<string>): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text)
}
