// A program that writes audit records to standard output, as a jwksd without `audit` in its configuration does.

import { type AuditRecord, openAudit } from '../../src/observe/audit.ts'

const audit = openAudit(1)
for (const request of ['r1', 'r2']) {
  audit.record({ request } as AuditRecord)
  audit.close()
}
