// Questions to the person at the terminal. Nothing is asked where standard input is a pipe or a file.

import { fault, type FaultsError } from '../core/errors.ts'
import type { Io } from './io.ts'

const [ENTER, NEW_LINE, BACKSPACE, DELETE, INTERRUPT, END] = ['\r', '\n', '\b', '\x7f', '\x03', '\x04']

/** Whether somebody can answer. */
export function isInteractive ({ stdin }: Pick<Io, 'stdin'>): boolean {
  return stdin.isTTY === true && stdin.setRawMode !== undefined
}

/** Asks the person at the terminal; `hidden`: what is typed does not appear. @throws FaultsError when it is cut off */
export type Ask = (question: string, hidden?: boolean) => Promise<string>

/**
 * Asks one question and reads the line that answers it.
 * @param hidden what is typed does not appear: for passphrases
 * @throws FaultsError when it is cut off with Ctrl-C or Ctrl-D
 */
export async function ask (io: Pick<Io, 'stdin' | 'stderr'>, question: string, hidden = false): Promise<string> {
  return await converse(io, async one => await one(question, hidden))
}

/** Asks several questions, one after the other. Standard input is closed afterwards. */
export async function converse<T> ({ stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>, talk: (ask: Ask) => Promise<T>): Promise<T> {
  const characters = readCharacters(stdin)
  try {
    return await talk(async (question, hidden = false) => {
      stderr.write(question)
      stdin.setRawMode!(true)
      try {
        return await readLine(characters, text => { if (!hidden) stderr.write(text) })
      } finally {
        stdin.setRawMode!(false)
        stderr.write('\n')
      }
    })
  } finally {
    await characters.return()
  }
}

async function * readCharacters (stdin: Io['stdin']): AsyncGenerator<string, void, undefined> {
  for await (const chunk of stdin) yield * chunk.toString('utf8')
}

/** In raw mode the terminal neither shows nor edits what is typed. */
async function readLine (characters: AsyncGenerator<string, void, undefined>, show: (text: string) => void): Promise<string> {
  let line = ''
  for (;;) {
    const { value: character = END } = await characters.next() as { value?: string }
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

function unanswered (): FaultsError {
  return fault('terminal', 'no answer was given', 'run the command again')
}
