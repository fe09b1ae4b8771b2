// From a parser of the program to a parser of an option: what it rejects is wrong usage (exit code 2), with its hint.

import { InvalidArgumentError } from 'commander'
import { FaultsError } from '../core/errors.ts'

/** @param parse throws a FaultsError for a text that it does not read */
export function argument<T> (parse: (text: string) => T): (text: string) => T {
  return text => {
    try {
      return parse(text)
    } catch (error) {
      if (!(error instanceof FaultsError)) throw error
      throw new InvalidArgumentError(error.faults.map(({ problem, hint }) => `It ${problem}\nhint: ${hint}`).join('\n'))
    }
  }
}
