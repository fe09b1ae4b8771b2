// The two ways to say no.

import t from 'tap'
import { collectFaults, collectFaultsAsync, fault, FaultsError, RequestError } from '../../src/core/errors.ts'

t.test('a FaultsError lists every fault by its place', async t => {
  const error = new FaultsError([{ where: 'a.pem', problem: 'is cut', hint: 'copy it' }, { where: 'b.pem', problem: 'is weak', hint: 'make one' }])
  t.equal(error.message, 'a.pem: is cut\nb.pem: is weak')
  t.match(fault('a.pem', 'is cut', 'copy it').faults, [{ where: 'a.pem', problem: 'is cut', hint: 'copy it' }])
})

t.test('a pass goes on over faults, and stops at anything else', async t => {
  const faults: Array<{ where: string, problem: string, hint: string }> = []
  t.equal(collectFaults(faults, () => 1), 1)
  t.equal(collectFaults(faults, () => { throw fault('a', 'b', 'c') }), undefined)
  t.strictSame(faults, [{ where: 'a', problem: 'b', hint: 'c' }])
  t.throws(() => collectFaults(faults, () => { throw new TypeError('a bug') }), TypeError)
  t.equal(await collectFaultsAsync(faults, async () => 1), 1)
  t.equal(await collectFaultsAsync(faults, async () => { throw fault('d', 'e', 'f') }), undefined)
  t.match(faults, [{ where: 'a' }, { where: 'd' }])
  await t.rejects(collectFaultsAsync(faults, async () => { throw new TypeError('a bug') }), TypeError)
})

t.test('a RequestError keeps its cause apart from what a caller may read', async t => {
  const cause = new Error('ENOSPC')
  const error = new RequestError('ERR_AUDIT', 'not now', { retryAfter: 5, cause })
  t.equal(error.cause, cause)
  t.strictSame(error.details, { retryAfter: 5 })
  t.strictSame(new RequestError('ERR_INTERNAL', 'x').details, {})
})
