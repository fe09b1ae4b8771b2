// The list of subcommands: what the help text says of each is what the subcommand itself takes.

import t from 'tap'
import { COMMANDS } from '../../src/cli/commands.ts'
import type { Io } from '../../src/cli/io.ts'

t.test('every subcommand that is listed loads, under its name and with the arguments that the list says', async t => {
  for (const { name, parameters = '', load } of COMMANDS) {
    const command = await load({} as Io)
    t.equal(command.name(), name)
    const taken = command.registeredArguments.map(one => `${one.name()}${one.variadic ? '...' : ''}`).map((name, i) => command.registeredArguments[i]!.required ? `<${name}>` : `[${name}]`).join(' ')
    t.equal(command.commands.length > 0 ? '[command]' : taken, parameters, name)
  }
})
