// jwksd rotate: a whole rotation in injected time, step by step, and every refusal. Real files, real keys.

import { createPrivateKey } from 'node:crypto'
import { chown, lstat, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { rotateCommand } from '../../src/cli/rotate.ts'
import { type CommandResult, runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'
import { makePrivateKey, privatePem } from '../support/keys.ts'
import { formatTime } from '../../src/core/time.ts'

const HOUR = 3600
const SETS = { default: { maxAge: '10m', lead: '2h', retire: '3h' } }

interface Site { keys: string, rotate: (...args: string[]) => Promise<CommandResult>, at: (now: number) => void }

async function site (t: Test, keys?: Record<string, string>, sets: object = SETS, env = {}): Promise<Site> {
  const deployment = await deploy(t, { ...(keys && { keys }), config: { sets } })
  let now = NOW
  return {
    keys: deployment.keys,
    rotate: async (...args) => await runCommand(rotateCommand, [...args, '--config', deployment.file], { now, env }),
    at: time => { now = time }
  }
}

t.test('a whole rotation: made, waiting, signing, destroyed; every call may be repeated', async t => {
  const { keys, rotate, at } = await site(t)
  const dry = await rotate('default', '--dry-run')
  t.match(dry.stdout, /^would be done now: make and publish default-es256-2.pem\nplan for default:\n/)
  t.match(dry.stdout, new RegExp(`${formatTime(NOW + 2 * HOUR)}  default-es256-2.pem begins to sign`))
  t.strictSame(await readdir(keys), ['default.pem'], 'a dry run changes nothing')

  const first = await rotate('default')
  t.match(first, { code: 0, stdout: /^done: make and publish default-es256-2.pem\n/, stderr: '' })
  t.match(await readFile(path.join(keys, 'default-es256-2.pem'), 'utf8'), new RegExp(`^# activates: ${formatTime(NOW + 2 * HOUR)}\n-----BEGIN PRIVATE KEY`))
  t.equal((await stat(path.join(keys, 'default-es256-2.pem'))).mode & 0o777, 0o600)
  t.match((await rotate('default')).stdout, /^nothing is due\n/)
  t.match((await rotate('default', '--now')).stdout, /^nothing is due\n/, 'a successor is waiting already')

  at(NOW + 5 * HOUR + 59)
  t.match((await rotate('default', '--dry-run', '--json')).stdout, /"done":\[{"do":"generate"/)
  const gone = NOW + 5 * HOUR + 60
  at(gone)
  const last = JSON.parse((await rotate('default', '--json')).stdout)
  t.match(last, {
    set: 'default',
    dryRun: false,
    done: [{ do: 'destroy', file: /default.pem$/ }, { do: 'generate', alg: 'ES256', file: 'default-es256-3.pem', activates: formatTime(gone + 2 * HOUR) }]
  })
  t.strictSame(await readdir(keys), ['default-es256-2.pem', 'default-es256-3.pem'])
  t.match(last.plan.map(({ event }: { event: string }) => event), ['deactivate', 'activate', 'remove', 'destroy'].slice(0, 2))
})

t.test('a lead that is too short needs --force, which says what it risks', async t => {
  const { keys, rotate } = await site(t)
  const refused = await rotate('default', '--lead', '5m')
  t.match(refused, { code: 1, stderr: /error: default: a lead of 5m is unsafe: for up to 370s .*\nhint: use at least 670s, or add --force/ })
  t.strictSame(await readdir(keys), ['default.pem'])
  t.match(await rotate('default', '--lead', '5m', '--force'), { code: 0, stderr: /hint: accept a lead that is too short: until its cache ends/ })
  t.match(await readFile(path.join(keys, 'default-es256-2.pem'), 'utf8'), new RegExp(`# activates: ${formatTime(NOW + 300)}`))
  t.match(await rotate('default', '--lead', 'soon'), { code: 2, stderr: /argument 'soon' is invalid\. It is not a duration.*\nhint: write a number/ })
})

t.test('a schedule decides when the next rotation begins; --now does not wait for it', async t => {
  const { keys, rotate, at } = await site(t, { 'a.pem': `# activates: ${formatTime(NOW)}\n${privatePem('P-256')}` },
    { default: { ...SETS.default, rotation: { every: '90d' } } })
  t.match((await rotate('default')).stdout, new RegExp(`^nothing is due\nplan for default:\n  ${formatTime(NOW + 90 * 86400 - 2 * HOUR)}  make and publish`))
  at(NOW + 60)
  t.match((await rotate('default', '--now')).stdout, /^done: make and publish/)
  t.equal((await readdir(keys)).length, 2)
})

t.test('the successor is as its predecessor: kind, length, alg note, encryption, owner', async t => {
  const passphrase = 'correct horse'
  const cipher = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const
  const { keys, rotate } = await site(t, { 'rsa.pem': `# alg: PS256\n${makePrivateKey('RSA').export(cipher) as string}` }, {
    default: { ...SETS.default, alg: 'RS384' }
  }, { JWKSD_KEY_PASSPHRASE: passphrase })
  const owner = await stat(keys)
  const isRoot = process.getuid!() === 0
  if (isRoot) await chown(path.join(keys, 'rsa.pem'), 12345, 12346)
  t.equal((await rotate('default')).code, 0)
  const file = path.join(keys, 'default-ps256-2.pem')
  const text = await readFile(file, 'utf8')
  t.match(text, /\n# alg: PS256\n-----BEGIN ENCRYPTED PRIVATE KEY-----/)
  t.equal(createPrivateKey({ key: text, passphrase }).asymmetricKeyDetails!.modulusLength, 2048)
  const { uid, gid } = await stat(file)
  t.strictSame([uid, gid], isRoot ? [12345, 12346] : [owner.uid, owner.gid], 'what root makes, the server can read')
})

t.test('after a revocation: the waiting key takes over, or a new one does not wait', async t => {
  const revoked = `# revoked: ${formatTime(NOW)}\n`
  const waiting = `# a word\n# activates: ${formatTime(NOW + HOUR)}\n${privatePem('P-256')}`
  const one = await site(t, { 'a.pem': revoked + privatePem('P-256'), 'b.pem': waiting })
  t.match((await one.rotate('default')).stdout, /^done: let [0-9a-f]{16} \(.*b.pem\) sign from now on/)
  t.match(await readFile(path.join(one.keys, 'b.pem'), 'utf8'), new RegExp(`^# a word\n# activates: ${formatTime(NOW)}\n-----BEGIN`))

  const two = await site(t, { 'a.pem': revoked + privatePem('P-256') })
  t.match((await two.rotate('default')).stdout, /^done: make and publish default-es256-2.pem/)
  t.match(await readFile(path.join(two.keys, 'default-es256-2.pem'), 'utf8'), new RegExp(`^# activates: ${formatTime(NOW)}\n`))
  two.at(NOW + 3 * HOUR + 60)
  t.match((await two.rotate('default')).stdout, /^done: destroy .*a.pem/, 'the revoked key goes when its window is over')
})

t.test('what a killed run left is swept: at once on its way out, an unfinished file when nobody writes it any more', async t => {
  const { keys, rotate } = await site(t)
  const file = (name: string): string => path.join(keys, name)
  for (const name of ['.old.pem.destroyed', '.new.pem.1234-abcd.tmp', '.stale.pem.1234-abcd.tmp', '.other.tmp']) await writeFile(file(name), 'x')
  await utimes(file('.stale.pem.1234-abcd.tmp'), NOW - 601, NOW - 601)
  t.equal((await rotate('default')).code, 0)
  t.strictSame((await readdir(keys)).filter(name => name.startsWith('.')), ['.new.pem.1234-abcd.tmp', '.other.tmp'])
})

t.test('refused, each with what to do', async t => {
  const unordered = await site(t, { 'a.pem': privatePem('P-256'), 'b.pem': privatePem('P-256'), 'ecw/bad.pem': 'nonsense' })
  t.match(await unordered.rotate('default'), { code: 1, stderr: /have no activation date.*\nhint: move each into a directory of its own/ })
  t.match(await unordered.rotate('ecw'), { code: 1, stderr: /bad.pem: there is no PEM block/ })
  t.match(await unordered.rotate('nobody'), { code: 1, stderr: /error: nobody: the set holds no private key\nhint: make the first with: jwksd keygen nobody/ })

  const linked = await site(t, {})
  await writeFile(path.join(linked.keys, '..', 'vault.pem'), privatePem('P-256'), { mode: 0o600 })
  await symlink('../vault.pem', path.join(linked.keys, 'a.pem'))
  t.match(await linked.rotate('default'), { code: 1, stderr: /a.pem: is a symbolic link.*\nhint: .*Kubernetes Secret.*docs\/rotation.md/ })
  t.ok((await lstat(path.join(linked.keys, 'a.pem'))).isSymbolicLink())
})
