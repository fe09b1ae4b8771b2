// Whose files are taken as keys.

import t from 'tap'
import { checkOwner } from '../../src/keystore/permissions.ts'
import { faultsOf } from '../support/faults.ts'

const check = async (uid: number, self: number, directory = { uid: 1001, mode: 0o755 }) => await faultsOf(() => checkOwner('k.pem', { uid }, directory, self))

t.test('a key file belongs to root, to the user of jwksd or to the owner of its directory', async t => {
  for (const uid of [0, 1000, 1001]) t.strictSame(await check(uid, 1000), [], `user ${uid}`)
  t.match(await check(1002, 1000), [{ where: 'k.pem', problem: /belongs to the user 1002/, hint: 'if it is yours: chown 1001 k.pem' }])
})

t.test('root reads the files of the server\'s user, unless others can put files there', async t => {
  t.strictSame(await check(1002, 0), [])
  for (const mode of [0o777, 0o775]) t.match(await check(1002, 0, { uid: 0, mode }), [{ problem: /belongs to the user 1002/ }])
})
