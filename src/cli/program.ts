// The command line: parses it and runs one subcommand of cli/. Exit codes: 0 ok, 1 fault, 2 usage.

import { readFileSync } from 'node:fs'
import { argv, env, exit, stderr, stdin, stdout } from 'node:process'
import { Command, CommanderError } from 'commander'
import { COMMANDS } from './commands.ts'
import { type Io, printFaults } from './io.ts'
import { type Fault, FaultsError } from '../core/errors.ts'
import { finalPath } from '../keystore/files.ts'
import { withoutSecrets } from '../core/secrets.ts'

const EXAMPLES = `
Examples:
  $ jwksd serve                            # quickstart: keys, certificate and API key are made where missing
  $ jwksd serve --config jwksd.yaml        # in production: nothing is made, everything is checked
  $ jwksd init                             # a configuration, a key and an API key; it asks for what it needs
  $ jwksd onboard ecw                      # what the vendor needs from you, ready to send
  $ jwksd keygen ecw --alg RS384           # the first key of the set "ecw"
  $ jwksd rotate ecw --begin               # its successor: published now, signing when every cache has it
  $ jwksd status                           # all keys with their states and dates
  $ jwksd client key billing               # an API key for the client "billing"
  $ jwksd sign --profile ecw-prod          # a token, from the shell
  $ jwksd check https://your.host/jwks     # what a vendor's machine sees of a URL, and what is wrong
  $ jwksd presets epic                     # what a vendor wants, and a token for it
  $ jwksd import key.p12 ecw               # a key in another form, as a key file of the set "ecw"
  $ jwksd export --all public-keys         # for a public listener that stands apart
`

const FILE_ERRORS: Record<string, string> = {
  EACCES: 'run jwksd as the user that owns the directory, or choose another one',
  EPERM: 'run jwksd as the user that owns the directory, or choose another one',
  EROFS: 'the file system is read-only: choose another place',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  ENOTDIR: 'a part of the path is a file, not a directory',
  ENOENT: 'make its directory first'
}

/** What the file system refuses, which the operator can correct. */
function refusedFile ({ code = '', path: file = 'the disk' }: NodeJS.ErrnoException): Fault | undefined {
  const hint = FILE_ERRORS[code]
  return hint === undefined ? undefined : { where: finalPath(file), problem: `cannot be read or written (${code})`, hint }
}

/** An unforeseen error of the system: its message says what failed and where. */
function unexpected (error: Error): Fault {
  const { message, stack } = error
  return refusedFile(error) ?? { where: 'jwksd', problem: message, hint: `if this is no fault of the machine, please report it with:\n${withoutSecrets(stack!)}` }
}

/** The subcommand that is asked for is loaded; the others are only listed. */
async function loadCommands (args: readonly string[], io: Io): Promise<Command[]> {
  const asked = args[0] === 'help' ? args[1] : args[0]
  return await Promise.all(COMMANDS.map(async ({ name, parameters, description, load }) => {
    const command = name === asked ? await load(io) : new Command(name)
    if (name !== asked && parameters) command.arguments(parameters)
    return command.description(description)
  }))
}

/** A thumbprint (RFC 7638) that begins with a hyphen, as one in 64 does: taken for an option it would fail, or show the help. */
const KID = /^-[\w-]{42}$/

/** Puts such kids behind `--`, where nothing is an option. */
function kidsLast (args: readonly string[]): string[] {
  const isKid = (arg: string, i: number): boolean => KID.test(arg) && args[i - 1] !== '--kid'
  const others = args.filter((arg, i) => !isKid(arg, i))
  return others.length === args.length || args.includes('--') ? [...args] : [...others, '--', ...args.filter(isKid)]
}

/** Runs one command line. @returns the exit code */
async function run (args: readonly string[], io: Io): Promise<number> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  const program = new Command('jwksd')
    .description('Hosted JWKS HTTPS server and signing service')
    .version(version)
    .addHelpText('after', EXAMPLES)
  const commands = await loadCommands(args, io)
  for (const command of commands) program.addCommand(command)
  for (const command of [program, ...commands, ...commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride().configureOutput({
      writeOut: text => io.stdout.write(text),
      writeErr: text => io.stderr.write(text),
      outputError: (text, write) => { write(text.replace(/^\(Did (you mean .*)\)$/m, 'hint: did $1')) }
    })
  }
  try {
    await program.parseAsync(kidsLast(args), { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof FaultsError) printFaults(io, error.faults, error.warnings)
    else printFaults(io, [unexpected(error as Error)])
    return 1
  }
}

/** A reader that goes away, such as `head`, ends the command; what cannot be written for another reason is a fault. */
stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') exit(0)
  printFaults({ stderr }, [{ where: 'standard output', problem: `cannot be written (${code})`, hint: 'write to a place that has room' }])
  exit(1)
})
stderr.on('error', () => {}) // there is nowhere to report that

const code = await run(argv.slice(2), { env, stdin, stdout, stderr, clock: () => Math.floor(Date.now() / 1000) })
// A server goes on; a failure ends at once even where something is still open.
if (code !== 0) exit(code)
