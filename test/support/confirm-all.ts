// For tests that are not about the confirmation of a step: everything that is due may be done.

import type { Confirm } from '../../src/keystore/confirmation.ts'

export const confirmAll: Confirm = async due => new Set(due.map(({ id }) => id))
