// What the command line knows of a subcommand before it is loaded.

import type { Command } from 'commander'
import type { Io } from './io.ts'

/** A subcommand that is not loaded yet. */
export interface Subcommand {
  readonly name: string
  /** Its arguments, for the help text. */
  readonly parameters?: string
  readonly description: string
  readonly load: (io: Io) => Promise<Command>
}
