// Where what consumers have fetched is kept, and read again by commands and pages.

import type { Config } from '../config/types.ts'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import { readLedgerFile } from './ledger-file.ts'

/**
 * What each consumer has fetched, sorted by consumer and set. Empty where nothing is recorded.
 * @throws FaultsError when the record cannot be read: a gate must wait then
 */
export async function readLedger ({ ledger }: Partial<Pick<Config, 'ledger' | 'redis'>>): Promise<readonly ConsumerFetches[]> {
  return ledger ? await readLedgerFile(ledger.file) : []
}
