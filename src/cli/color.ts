// Colours on a terminal only: not in a pipe or a file, nor with NO_COLOR or TERM=dumb (no-color.org).

import type { Io } from './io.ts'

const CODES = { green: 32, yellow: 33, cyan: 36, red: 31, dim: 2 } as const
export type Color = keyof typeof CODES

/** Colours a text, or leaves it as it is. */
export type Paint = (color: Color, text: string) => string

/** What paints on the standard output of a command. */
export function makePaint ({ stdout, env }: Pick<Io, 'stdout' | 'env'>): Paint {
  const isColored = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  return (color, text) => isColored ? `\x1b[${CODES[color]}m${text}\x1b[0m` : text
}
