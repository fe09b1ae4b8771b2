// A program that writes an audit record to its standard output, and says on standard error why it could not.

import { Audit } from '../../src/observe/audit.ts'

const audit = new Audit(1, {
  clock: () => 0,
  report: fault => { process.stderr.write(`${fault!.where}: ${fault!.problem}: ${fault!.hint}\n`) }
})
await audit.record({}).catch(() => {})
audit.close()
