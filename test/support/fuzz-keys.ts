// A process that parses damaged keys and counts what comes of it: native code that aborts ends this process, not the
// test. Arguments: how many files, a seed. Prints { keys, faults } as JSON; any other error ends it.

import { FaultsError } from '../../src/core/errors.ts'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { makeDamagedKeys } from './damaged-keys.ts'

const [count, seed] = process.argv.slice(2).map(Number) as [number, number]
const result = { keys: 0, faults: 0 }
const damaged = makeDamagedKeys(seed)
for (let i = 0; i < count; i++) {
  const text = damaged.next().value
  try {
    parseKey('fuzz.pem', text)
    result.keys++
  } catch (error) {
    if (!(error instanceof FaultsError)) {
      process.stderr.write(text)
      throw error
    }
    result.faults++
  }
}
process.stdout.write(JSON.stringify(result))
