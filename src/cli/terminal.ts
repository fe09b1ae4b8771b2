// Questions to the person at the terminal. Nothing is asked where standard input is a pipe or a file.

import { fault, type FaultsError } from '../core/errors.ts'
import type { Io } from './io.ts'

const [ENTER, NEW_LINE, BACKSPACE, DELETE, INTERRUPT, END] = ['\r', '\n', '\b', '\x7f', '\x03', '\x04']

/** Whether somebody can answer. */
export function isInteractive ({ stdin }: Pick<Io, 'stdin'>): boolean {
  return stdin.isTTY === true && stdin.setRawMode !== undefined
}

/**
 * Asks one question and reads the line that answers it.
 * @param hidden what is typed does not appear: for passphrases
 * @throws FaultsError when it is cut off with Ctrl-C or Ctrl-D
 */
export async function ask ({ stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>, question: string, hidden = false): Promise<string> {
  stderr.write(question)
  stdin.setRawMode!(true)
  try {
    return await readLine(stdin, text => { if (!hidden) stderr.write(text) })
  } finally {
    stdin.setRawMode!(false)
    stderr.write('\n')
  }
}

/** In raw mode the terminal neither shows nor edits what is typed. */
async function readLine (stdin: Io['stdin'], show: (text: string) => void): Promise<string> {
  let line = ''
  for await (const chunk of stdin) {
    for (const character of chunk.toString('utf8')) {
      if (character === ENTER || character === NEW_LINE) return line
      if (character === INTERRUPT || character === END) throw unanswered()
      if (character === BACKSPACE || character === DELETE) {
        if (line !== '') show('\b \b')
        line = [...line].slice(0, -1).join('')
      } else {
        line += character
        show(character)
      }
    }
  }
  throw unanswered()
}

function unanswered (): FaultsError {
  return fault('terminal', 'no answer was given', 'run the command again')
}
