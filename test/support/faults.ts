// How tests look at refusals: as the person who must hint them does.

import { FaultsError, type Fault } from '../../src/core/errors.ts'

/** The faults that `run` throws; empty when it throws none. @throws whatever is not a FaultsError */
export async function faultsOf (run: () => unknown): Promise<readonly Fault[]> {
  try {
    await run()
  } catch (error) {
    if (error instanceof FaultsError) return error.faults
    throw error
  }
  return []
}
