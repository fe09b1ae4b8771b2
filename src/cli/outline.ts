// The command line as data: every subcommand with its arguments and options, for shell completion and the manual page.

import type { Command } from 'commander'
import type { Io } from './io.ts'
import type { Subcommand } from './subcommand.ts'

export interface OptionOutline {
  /** `--config` and, where there is one, `-c`. */
  readonly flags: readonly string[]
  /** What the option takes, such as `<file>`; empty for a switch. */
  readonly value: string
  readonly description: string
  readonly choices: readonly string[]
}

export interface CommandOutline {
  /** With its parent, as `client key`. */
  readonly name: string
  readonly description: string
  /** As the help text writes them, such as `<kid>`. */
  readonly parameters: string
  readonly options: readonly OptionOutline[]
}

/** Loads every subcommand; a command with subcommands of its own is listed by these. */
export async function outlineCommands (io: Io, commands: readonly Subcommand[]): Promise<CommandOutline[]> {
  const loaded = await Promise.all(commands.map(async ({ description, load }) => (await load(io)).description(description)))
  return loaded.flatMap(command => command.commands.length > 0
    ? command.commands.map(one => outline(one, `${command.name()} ${one.name()}`))
    : [outline(command, command.name())])
}

function outline (command: Command, name: string): CommandOutline {
  const help = command.createHelp()
  return {
    name,
    description: command.description(),
    parameters: command.registeredArguments.map(argument => help.argumentTerm(argument)).map((term, i) => bracket(term, command.registeredArguments[i]!)).join(' '),
    options: command.options.filter(({ hidden }) => !hidden).map(({ short, long, flags, description, argChoices }) => ({
      flags: [long!, ...(short ? [short] : [])],
      value: /[<[].*$/.exec(flags)?.[0] ?? '',
      description,
      choices: argChoices ?? []
    }))
  }
}

function bracket (term: string, { required, variadic }: Command['registeredArguments'][number]): string {
  const name = variadic ? `${term}...` : term
  return required ? `<${name}>` : `[${name}]`
}
