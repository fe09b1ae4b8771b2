// Where the page for operators is on a listener that vendors reach: decided once, when the listener opens.

import type { Config } from '../config/types.ts'

/** Only where the listener knows who asks, or in a trial on localhost. Vendors' own page takes its place. */
export function hasOperatorsPage ({ url, sign, publicPage }: Pick<Config, 'url' | 'sign' | 'publicPage'>): boolean {
  return !publicPage && (sign?.metrics !== undefined || url.hostname === 'localhost')
}
