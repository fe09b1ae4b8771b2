// Prints the manual page jwksd(1), made from the commands themselves: npm run build && npm run --silent man > jwksd.1

import { readFileSync } from 'node:fs'
import { COMMANDS } from '../dist/cli/commands.js'
import { outlineCommands } from '../dist/cli/outline.js'

const { version, description } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

const escape = text => text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^([.'])/gm, '\\&$1')

const option = ({ flags, value, description, choices }) => `.TP
${flags.map(flag => `\\fB${escape(flag)}\\fR`).join(', ')}${value === '' ? '' : ` \\fI${escape(value)}\\fR`}
${escape(description)}${choices.length > 0 ? ` (${escape(choices.join(', '))})` : ''}`

const command = ({ name, parameters, description, options }) => `.SS "${escape(`${name} ${parameters}`.trim())}"
${escape(description)}
${options.map(option).join('\n')}`

const commands = await outlineCommands({ env: {}, clock: () => 0 }, COMMANDS)

process.stdout.write(`.TH JWKSD 1 "" "jwksd ${version}"
.SH NAME
jwksd \\- ${escape(description)}
.SH SYNOPSIS
.B jwksd
.I command
.RI [ option ...]
.SH COMMANDS
${commands.map(command).join('\n')}
.SH ENVIRONMENT
.TP
.B JWKSD_CONFIG
the configuration where \\-\\-config is absent (default: ./jwksd.yaml)
.TP
.BR JWKSD_URL ", " JWKSD_LISTEN ", " JWKSD_KEYS ", " JWKSD_TLS_CERT ", " JWKSD_TLS_KEY ", " JWKSD_LOG_LEVEL
replace their fields of the configuration
.TP
.BR JWKSD_KEY_PASSPHRASE ", " JWKSD_KEY_PASSPHRASE_FILE
the passphrase of encrypted key files, or the file that holds it
.TP
.B NO_COLOR
no colours
.SH EXIT STATUS
0 success, 1 a fault, 2 a usage error. Results go to standard output, everything else to standard error.
`)
