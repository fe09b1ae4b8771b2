// jwksd keygen into a set that has keys already: what is safe, what needs a plan, what would hurt vendors.

import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { keygenCommand } from '../../src/cli/keygen.ts'
import { runCommand } from '../support/command.ts'
import { NOW } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'
import { formatTime } from '../../src/core/time.ts'

t.test('another alg joins with a hint; the same alg is sent to rotate; OKP stays in a set of its own', async t => {
  const keys = t.testdir()
  const keygen = async (...args: string[]) => await runCommand(keygenCommand, args, { env: { JWKSD_KEYS: keys } })
  t.match(await keygen('--alg', 'ES256'), { code: 0, stderr: '' })
  t.match(await keygen('--alg', 'ES384'), { code: 0, stderr: /hint: vendors that have cached the set learn of the new key within 10m/ })
  t.match(await keygen('--alg', 'ES256'), { code: 1, stderr: /has an ES256 key already\nhint: make its successor with: jwksd rotate default/ })
  t.match(await keygen('--alg', 'EdDSA'), { code: 1, stderr: /drop the whole set\nhint: .*jwksd keygen default-eddsa --alg EdDSA/ })
  t.equal((await readdir(keys)).length, 2)
})

t.test('after a revocation a new first key begins at once', async t => {
  const keys = t.testdir()
  await writeFile(path.join(keys, 'a.pem'), `# revoked: ${formatTime(NOW - 5)}\n${privatePem('P-256')}`, { mode: 0o600 })
  const { code, stdout } = await runCommand(keygenCommand, ['--alg', 'ES256', '--json'], { env: { JWKSD_KEYS: keys } })
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { alg: 'ES256', file: path.join(keys, `default-es256-${formatTime(NOW).slice(0, 10)}.pem`) })
})
