// Whose files are taken as keys, and which other files are warned of.

import t from 'tap'
import { checkOwner, exposedWarnings, exposures } from '../../src/keystore/permissions.ts'
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

t.test('a configuration or certificate that others can change is warned of', async t => {
  const [own, directory] = [{ uid: 1000, mode: 0o100644 }, { uid: 1001, mode: 0o40755 }]
  t.strictSame(exposures('tls/cert.pem', own, directory, 1000), [])
  t.strictSame(exposures('tls/cert.pem', own, { ...directory, mode: 0o41777 }, 1000), [], 'as in /tmp')
  t.match(exposures('tls/cert.pem', { ...own, mode: 0o100666 }, directory, 1000), ['tls/cert.pem: every user can change it (mode 0666); chmod o-w tls/cert.pem'])
  t.match(exposures('tls/cert.pem', own, { ...directory, mode: 0o40777 }, 1000), ['tls/cert.pem: every user can replace it (mode 0777 of tls); chmod o-w tls'])
  t.match(exposures('tls/cert.pem', { ...own, uid: 1002 }, directory, 1000), [/^tls\/cert\.pem: belongs to the user 1002, .*: chown 1001 tls\/cert\.pem$/])
  t.strictSame(await exposedWarnings(['/nowhere/jwksd.yaml']), [])
})
