// A program that writes audit records to standard output, as a jwksd without `audit` in its configuration does.

import { Audit } from '../../src/observe/audit.ts'

const audit = new Audit(1, { clock: () => 0 })
for (const request of ['r1', 'r2']) {
  await audit.record({ request })
  audit.close()
}
