// A program that writes audit records to a file until they no longer fit, as on a disk that is full.

import { Audit } from '../../src/observe/audit.ts'
import '../../src/server/harden.ts'

const audit = new Audit(process.argv[2]!, { clock: () => 1_795_380_000 })
for (let written = 0; ; written++) {
  try {
    await audit.record({ request: `r${written}` })
  } catch {
    break
  }
}
audit.close()
