// The subcommands: their names and what they do, in the order of the help text. Each is loaded on demand: no command waits
// for modules that only another one needs.

import type { Subcommand } from './subcommand.ts'

export const COMMANDS: readonly Subcommand[] = [
  {
    name: 'serve',
    description: 'serve the JWK Sets and sign (without a configuration: quickstart on 127.0.0.1:8443)',
    load: async io => (await import('./serve.ts')).serveCommand(io)
  },
  {
    name: 'init',
    parameters: '[preset]',
    description: 'write a configuration with a key and an API key, and files to deploy it; never overwrites',
    load: async io => (await import('./init.ts')).initCommand(io)
  },
  {
    name: 'keygen',
    parameters: '[set]',
    description: 'make the first key of a set',
    load: async io => (await import('./keygen.ts')).keygenCommand(io)
  },
  {
    name: 'rotate',
    parameters: '<set>',
    description: 'do the next due step of a rotation and print the plan; safe to repeat',
    load: async io => (await import('./rotate.ts')).rotateCommand(io)
  },
  {
    name: 'revoke',
    parameters: '<kid>',
    description: 'take a compromised key out of every JWK Set at once',
    load: async io => (await import('./revoke.ts')).revokeCommand(io)
  },
  {
    name: 'status',
    parameters: '[set]',
    description: 'show the keys with their states and dates',
    load: async io => (await import('./status.ts')).statusCommand(io)
  },
  {
    name: 'export',
    parameters: '[kid]',
    description: 'print the public half of a key, or write all of them to a directory',
    load: async io => (await import('./export.ts')).exportCommand(io)
  },
  {
    name: 'client',
    parameters: '[command]',
    description: 'API keys of clients',
    load: async io => (await import('./client-key.ts')).clientCommand(io)
  },
  {
    name: 'sign',
    description: 'sign a token as a client would get it from POST /sign',
    load: async io => (await import('./sign.ts')).signCommand(io)
  },
  {
    name: 'verify-audit',
    parameters: '<file...>',
    description: 'prove that the files of an audit log are whole, or name the first bad line',
    load: async io => (await import('./verify-audit.ts')).verifyAuditCommand(io)
  },
  {
    name: 'report',
    parameters: '[file...]',
    description: 'count what was signed and refused, per day, client, profile and key',
    load: async io => (await import('./report.ts')).reportCommand(io)
  },
  {
    name: 'onboard',
    parameters: '[preset]',
    description: 'print what a vendor needs to register your key, ready to send, and the steps around it',
    load: async io => (await import('./onboard.ts')).onboardCommand(io)
  },
  {
    name: 'presets',
    parameters: '[name]',
    description: 'list the presets, or show the rules of one with their sources, and a token',
    load: async io => (await import('./presets.ts')).presetsCommand(io)
  },
  {
    name: 'check',
    parameters: '[url]',
    description: 'look at this installation, at the URL of a JWK Set or at a token as a vendor\'s machine would, and say what is wrong',
    load: async io => (await import('./check.ts')).checkCommand(io)
  },
  {
    name: 'import',
    parameters: '<file> [set]',
    description: 'take a private key in another form into a set: JWK, JWK Set, PKCS#12, OpenSSH, DER, service account or Box JSON, damaged PEM',
    load: async io => (await import('./import.ts')).importCommand(io)
  },
  {
    name: 'publish',
    description: 'write every JWK Set as files for a web server, a bucket or a CDN; safe in cron',
    load: async io => (await import('./publish.ts')).publishCommand(io)
  },
  {
    name: 'completion',
    parameters: '<shell>',
    description: 'print a script that completes commands and options in bash, zsh or fish',
    load: async io => (await import('./completion.ts')).completionCommand(io, COMMANDS)
  }
]
