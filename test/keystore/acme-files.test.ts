// What is kept of ACME on disk: the account key is made once, and damaged files do not stop an order.

import { mkdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { readAccountKey, readFailedOrders, readValidity, writeFailedOrders } from '../../src/keystore/acme-files.ts'

t.test('the account key is made once, and is private', async t => {
  const file = path.join(t.testdir(), 'authority', 'account.pem')
  const made = await readAccountKey(file)
  t.equal(await readAccountKey(file), made)
  t.equal((await stat(file)).mode & 0o777, 0o600)
  await mkdir(`${file}.d`)
  await t.rejects(readAccountKey(`${file}.d`), { code: 'EISDIR' }, 'what cannot be read is not replaced')
})

t.test('failures and validity: none where there is no file, or one that is damaged', async t => {
  const attempts = path.join(t.testdir(), 'failed.json')
  t.equal(await readFailedOrders({ attempts }), undefined)
  const failed = { count: 2, next: 5, fault: { where: 'a', problem: 'b', hint: 'c' } }
  await writeFailedOrders({ attempts }, failed)
  t.strictSame(await readFailedOrders({ attempts }), failed)
  for (const text of ['{', '{}', '[]', JSON.stringify({ ...failed, next: 'soon' }), JSON.stringify({ ...failed, fault: { problem: 'b' } })]) {
    await writeFile(attempts, text)
    t.equal(await readFailedOrders({ attempts }), undefined, text)
  }
  t.equal(await readValidity({ certificate: attempts }), undefined)
  await writeFailedOrders({ attempts }, undefined)
  t.equal(await readFailedOrders({ attempts }), undefined)
  t.equal(await readValidity({ certificate: attempts }), undefined)
})
