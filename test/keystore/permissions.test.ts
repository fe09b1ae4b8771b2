// Whose files are taken as keys.

import t from 'tap'
import { checkOwner } from '../../src/keystore/permissions.ts'
import { faultsOf } from '../support/faults.ts'

t.test('a key file belongs to root, to the user of jwksd or to the owner of its directory', async t => {
  for (const uid of [0, 1000, 1001]) t.strictSame(await faultsOf(() => checkOwner('k.pem', { uid }, { uid: 1001 }, 1000)), [], `user ${uid}`)
  t.match(await faultsOf(() => checkOwner('k.pem', { uid: 1002 }, { uid: 1001 }, 1000)),
    [{ where: 'k.pem', problem: /belongs to the user 1002/, hint: 'if it is yours: chown 1000 k.pem' }])
})
