// jwksd rotate: a whole rotation in injected time, step by step, and every refusal. Real files, real keys.

import { createPrivateKey } from 'node:crypto'
import { chown, lstat, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { rotateCommand } from '../../src/cli/rotate.ts'
import { statusCommand } from '../../src/cli/status.ts'
import { type CommandResult, runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'
import { makePrivateKey, privatePem, publicPem } from '../support/keys.ts'
import { formatTime } from '../../src/core/time.ts'

const HOUR = 3600
const SETS = { default: { maxAge: '10m', lead: '2h', retire: '3h' } }

interface Site { keys: string, rotate: (...args: string[]) => Promise<CommandResult>, at: (now: number) => void }

async function site (t: Test, keys?: Record<string, string>, sets: object = SETS, env = {}, config = {}): Promise<Site> {
  const client = 'profiles' in config ? { profiles: Object.keys(config.profiles as object) } : {}
  const deployment = await deploy(t, { ...(keys && { keys }), config: { sets, ...config }, client })
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
  const [begins, ends] = [formatTime(NOW + 2 * HOUR), formatTime(NOW + 5 * HOUR + 60)]
  t.match(dry.stdout, new RegExp(`^  ${begins} +in 2 h {2}default-es256-2.pem begins to sign$`, 'm'))
  t.match(dry.stdout, new RegExp(`^  ${ends} +in 5 h {2}destroy \\S+ \\(\\S*default.pem\\): set aside for a while, then overwritten$`, 'm'), 'to the end')
  t.strictSame(await readdir(keys), ['default.pem'], 'a dry run changes nothing')

  const first = await rotate('default')
  t.match(first, { code: 0, stdout: /^done: make and publish default-es256-2.pem\n/, stderr: '' })
  t.match(await readFile(path.join(keys, 'default-es256-2.pem'), 'utf8'), new RegExp(`^# activates: ${formatTime(NOW + 2 * HOUR)}\n-----BEGIN PRIVATE KEY`))
  t.equal((await stat(path.join(keys, 'default-es256-2.pem'))).mode & 0o777, 0o600)
  t.match((await rotate('default')).stdout, new RegExp(`^nothing is due until ${ends} \\(in 5 h\\)\nplan for`))
  for (const begin of ['--begin', '--now']) t.match((await rotate('default', begin)).stdout, /^nothing is due/, 'a successor is waiting already')

  at(NOW + 5 * HOUR + 59)
  t.match((await rotate('default', '--dry-run')).stdout, /^nothing is due until .* \(in 1 s\)/)
  at(NOW + 5 * HOUR + 60)
  const noted = JSON.parse((await rotate('default', '--json')).stdout)
  t.match(noted, { set: 'default', dryRun: false, done: [], waiting: [{ do: 'destroy', file: /default.pem$/ }] })
  t.match((await rotate('default', '--dry-run')).stdout, /^would be done now: destroy .*default.pem/)
  t.match((await rotate('default')).stdout, /^done: destroy .*default.pem/)
  const last = await rotate('default')
  t.equal(last.stdout, 'nothing is due, and no rotation is under way; begin one with: jwksd rotate default --begin, or by age: --every 90d\n', 'it ends there')
  t.match(await visible(keys), ['default-es256-2.pem'])
  t.match((await rotate('default', '--every', '90d')).stdout, /^nothing is due until /)
  t.match((await rotate('default', '--begin', '--json')).stdout, /"done":\[{"do":"generate","alg":"ES256","file":"default-es256-3.pem"/)
})

t.test('a key with a passphrase of its own: the successor has it too, and it goes with its key', async t => {
  const passphrase = 'its own'
  const pem = makePrivateKey('P-256').export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }) as string
  const { keys, rotate, at } = await site(t, { 'a.pem': pem }, undefined, { JWKSD_KEY_PASSPHRASE: 'of the others' })
  await writeFile(path.join(keys, 'a.passphrase'), passphrase, { mode: 0o600 })
  t.equal((await rotate('default')).code, 0)
  t.ok(createPrivateKey({ key: await readFile(path.join(keys, 'default-es256-2.pem'), 'utf8'), passphrase }))
  t.equal((await stat(path.join(keys, 'default-es256-2.passphrase'))).mode & 0o777, 0o600)
  at(NOW + 5 * HOUR + 60)
  await rotate('default')
  await rotate('default')
  t.strictSame(await visible(keys), ['default-es256-2.passphrase', 'default-es256-2.pem'])
})

t.test('nothing is destroyed on the word of one run; what was removed by a wrong clock comes back', async t => {
  const { keys, rotate, at } = await site(t)
  await rotate('default')
  const wrong = NOW + 60 * 24 * HOUR
  at(wrong)
  t.match((await rotate('default')).stdout, /^due: destroy .*default.pem\): .*; the next run does it/)
  at(NOW)
  await rotate('default')
  at(wrong)
  t.match((await rotate('default')).stdout, /^due: destroy/, 'what was not due in between has to be due twice again')
  t.match((await rotate('default')).stdout, /^done: destroy .*default.pem/)
  t.strictSame(await visible(keys), ['default-es256-2.pem'])
  at(NOW + 60)
  t.match((await rotate('default')).stdout, /^put back: \S*default.pem, which a wrong clock had removed\nnothing is due until/)
  t.strictSame(await readdir(keys), ['default-es256-2.pem', 'default.pem'])
  const pem = await readFile(path.join(keys, 'default.pem'), 'utf8')
  t.match(pem, /^-----BEGIN PRIVATE KEY-----\n/, 'as it was')
  at(wrong)
  await rotate('default')
  await rotate('default')
  await writeFile(path.join(keys, 'default.pem'), pem, { mode: 0o600 })
  at(NOW + 120)
  t.notMatch((await rotate('default')).stdout, /put back/, 'never over another file')
  t.equal((await readdir(keys)).length, 3)
})

t.test('a removed key is overwritten a while later, when two runs agree', async t => {
  const { keys, rotate, at } = await site(t)
  await rotate('default')
  const gone = NOW + 5 * HOUR + 60
  at(gone)
  await rotate('default')
  await rotate('default')
  const [aside] = await readdir(keys)
  t.equal(aside, `.default.pem.${gone}.removed`)
  at(gone + 3 * HOUR - 1)
  await rotate('default')
  await rotate('default')
  t.ok((await readdir(keys)).includes(aside!), 'kept for the retirement of the set')
  at(gone + 3 * HOUR)
  await rotate('default')
  t.ok((await readdir(keys)).includes(aside!), 'control: one run is not enough')
  await rotate('default')
  t.strictSame(await readdir(keys), ['default-es256-2.pem'])
})

/** The key files, without what is set aside and noted. */
async function visible (keys: string): Promise<string[]> {
  return (await readdir(keys)).filter(name => !name.startsWith('.'))
}

t.test('a lead that is too short needs --force, which says what it risks', async t => {
  const { keys, rotate } = await site(t)
  const refused = await rotate('default', '--lead', '5m')
  t.match(refused, { code: 1, stderr: /error: default: a lead of 5m is unsafe: for up to 370s .*\nhint: use at least 670s, or add --force/ })
  t.strictSame(await readdir(keys), ['default.pem'])
  t.match(await rotate('default', '--lead', '5m', '--force'), { code: 0, stderr: /hint: accept a lead that is too short, or consumers that lack a held key: until its cache ends/ })
  t.match(await readFile(path.join(keys, 'default-es256-2.pem'), 'utf8'), new RegExp(`# activates: ${formatTime(NOW + 300)}`))
  t.match(await rotate('default', '--lead', 'soon'), { code: 2, stderr: /argument 'soon' is invalid\. It is not a duration.*\nhint: write a number/ })
})

t.test('with a gate the new key is held until every consumer has fetched it, or somebody forces its date', async t => {
  const gated = { default: { ...SETS.default, gate: { consumers: ['epic'], deadline: '3d' } } }
  const consumers = { consumers: { epic: { set: 'default', userAgent: 'Epic' } }, ledger: { file: 'ledger.json' } }
  const { keys, rotate, at } = await site(t, undefined, gated, {}, consumers)
  t.match((await rotate('default', '--dry-run')).stdout, new RegExp(`plan for default:\n.*make and publish.*\n  ${formatTime(NOW + 2 * HOUR)} .* give default-es256-2.pem its date, if every consumer of the gate has fetched it\n$`))
  t.match(JSON.parse((await rotate('default', '--dry-run', '--json')).stdout), { done: [{ do: 'generate', activates: null }] }, 'it has no date yet')
  const begun = await rotate('default')
  t.match(begun.stdout, /^done: make and publish default-es256-2.pem\nheld: [0-9a-f]{16} since .*\n {2}epic lacks it \(has not fetched the set yet\)\n {2}deadline .*, in 3 days\n$/)
  const file = path.join(keys, 'default-es256-2.pem')
  t.match(await readFile(file, 'utf8'), new RegExp(`^# activates: held since ${formatTime(NOW)}, not before ${formatTime(NOW + 2 * HOUR)}\n-----BEGIN`))
  at(NOW + 100 * HOUR)
  t.match((await rotate('default', '--begin')).stdout, /^held: .*\n.*lacks it.*\n {2}the deadline was 28 h ago: .*jwksd rotate default --force\n$/, 'no time opens the gate')
  t.match(JSON.parse((await rotate('default', '--json')).stdout), { done: [], held: [{ lacks: [{ consumer: 'epic', last: null }] }], plan: [] })
  const ledger = path.join(keys, '..', 'ledger.json')
  await writeFile(ledger, 'nonsense')
  t.match(await rotate('default'), { code: 0, stdout: /lacks it/, stderr: /error: .*ledger.json: is damaged/ }, 'without a ledger it waits')
  const [{ kid }] = JSON.parse((await rotate('default', '--json')).stdout).held
  const fetches = { consumer: 'epic', set: 'default', first: NOW, last: NOW + HOUR, count: 9, etag: '"e"', kids: { [kid]: NOW + HOUR } }
  await writeFile(ledger, JSON.stringify({ version: 1, fetches: [fetches] }))
  at(NOW + 1.5 * HOUR)
  t.match((await rotate('default')).stdout, new RegExp(`^nothing is due until .* \\(in 30 min\\)\nheld: .*\n {2}epic has had it since ${formatTime(NOW + HOUR)}\n {2}its lead ends .*, in 30 min\nplan for default:\n.*give .* its date`))
  at(NOW + 2 * HOUR)
  t.match((await rotate('default', '--dry-run')).stdout, /^would be done now: give .* its date\n/, 'it has been fetched and its lead is over')
  await writeFile(ledger, 'nonsense')
  at(NOW + 100 * HOUR)
  const forced = await rotate('default', '--force', '--json')
  t.match(JSON.parse(forced.stdout), { done: [{ do: 'promote', activates: formatTime(NOW + 100 * HOUR + 70) }], held: [], plan: [{ event: 'deactivate' }, { event: 'activate' }, {}, {}] })
  t.match(await readFile(file, 'utf8'), new RegExp(`^# activates: ${formatTime(NOW + 100 * HOUR + 70)}\n-----BEGIN`))
})

t.test('a held key signs at once when the key that signs is revoked', async t => {
  const held = `# activates: held since ${formatTime(NOW - HOUR)}, not before ${formatTime(NOW + HOUR)}\n${privatePem('P-256')}`
  const { keys, rotate } = await site(t, { 'a.pem': `# revoked: ${formatTime(NOW)}\n${privatePem('P-256')}`, 'b.pem': held })
  t.match((await rotate('default')).stdout, /^done: let [0-9a-f]{16} \(.*b.pem\) sign from now on: nothing else does\n/)
  t.match(await readFile(path.join(keys, 'b.pem'), 'utf8'), new RegExp(`^# activates: ${formatTime(NOW)}\n-----BEGIN`))
})

t.test('a schedule decides when the next rotation begins; --begin does not wait for it, --every replaces it', async t => {
  const key = { 'a.pem': `# activates: ${formatTime(NOW)}\n${privatePem('P-256')}` }
  const { keys, rotate, at } = await site(t, key, { default: { ...SETS.default, rotation: { every: '90d' } } })
  const due = (days: number): RegExp => new RegExp(`^nothing is due until ${formatTime(NOW + days * 86400 - 2 * HOUR)} \\(in ${days} days\\)\nplan for default:\n.* make and publish`)
  t.match((await rotate('default')).stdout, due(90))
  t.match((await rotate('default', '--every', '30d')).stdout, due(30))
  t.match(await rotate('default', '--every', '90'), { code: 2, stderr: /give a unit: 90s/ })
  at(NOW + 60)
  t.match((await rotate('default', '--begin')).stdout, /^done: make and publish/)
  t.equal((await readdir(keys)).length, 2)
})

t.test('a key that a profile names is not rotated', async t => {
  const bound = { profiles: { plain: { preset: 'jwt', key: 'default.pem' } } }
  const { keys, rotate } = await site(t, undefined, SETS, {}, bound)
  t.match(await rotate('default', '--begin'), {
    code: 1, stderr: /error: default: is not rotated: the profile plain names its key, default.pem, .*\nhint: take key: default.pem out of the profile/
  })
  t.strictSame(await readdir(keys), ['default.pem'])
})

t.test('a key that a vendor gets by hand needs a lead of your own choice, and is announced', async t => {
  const pem = { 'cdata/c.pem': `# alg: RS256\n${privatePem('RSA')}` }
  const profile = (preset: string, more = {}): object => ({ profiles: { vendor: { preset, set: 'cdata', ...more } } })
  const { keys, rotate } = await site(t, pem, {}, {}, profile('cdata-connect-ai', { claims: { iss: 'acme' } }))
  const refused = await rotate('cdata')
  const deadline = formatTime(NOW + 30 * HOUR)
  t.match(refused, { code: 1, stderr: new RegExp(`CData Connect AI \\(profile vendor\\) gets the key by hand, .* from ${deadline} on \\(in 30 h\\)`) })
  t.match(refused.stderr, /hint: give the lead that this takes, such as: jwksd rotate cdata --begin --lead 14d; then send them: jwksd export <new key> --pem/)
  t.strictSame(await readdir(path.join(keys, 'cdata')), ['c.pem'])
  const begun = await rotate('cdata', '--lead', '14d')
  t.match(begun.stdout, new RegExp(`\nsend CData Connect AI \\(profile vendor\\) the new key before ${formatTime(NOW + 14 * 86400)} \\(in 14 days\\): jwksd export [0-9a-f]{16} --pem\n$`))

  const chosen = await site(t, pem, { cdata: { lead: '7d' } }, {}, profile('cdata-connect-ai', { claims: { iss: 'acme' } }))
  t.match(await chosen.rotate('cdata'), { code: 0, stdout: /send CData Connect AI/ }, 'the lead of the set is a choice')
  const urgent = await site(t, { 'cdata/c.pem': `# revoked: ${formatTime(NOW)}\n${pem['cdata/c.pem']}` }, {}, {}, profile('cdata-connect-ai', { claims: { iss: 'acme' } }))
  t.match(await urgent.rotate('cdata'), { code: 0, stdout: /^done: make and publish/ }, 'after a revocation nothing is gained by waiting')
  const made = await site(t, pem, {}, {}, profile('github-app', { claims: { iss: 'Iv1.acme' } }))
  t.match(await made.rotate('cdata', '--lead', '14d'), { code: 1, stderr: /GitHub.* \(profile vendor\) makes the key pair itself\nhint: get the next private key there/ })
  const named = await site(t, { 'cdata/c.pem': `# kid: theirs\n${pem['cdata/c.pem']}` }, {}, {}, profile('happypathology', { claims: { iss: 'acme' } }))
  t.match(await named.rotate('cdata', '--lead', '14d'), { code: 1, stderr: /HappyPathology \(profile vendor\) gives each key its id.*\nhint: .*# kid: …/ })
})

t.test('the successor is as its predecessor: kind, length, alg note, encryption, owner', async t => {
  const passphrase = 'correct horse'
  const cipher = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const
  const { keys, rotate } = await site(t, { 'rsa.pem': `# alg: PS256\n${makePrivateKey('RSA').export(cipher) as string}` }, {
    default: { ...SETS.default, alg: 'RS384' }
  }, { JWKSD_KEY_PASSPHRASE: passphrase })
  const owner = await stat(keys)
  const isRoot = process.getuid!() === 0
  if (isRoot) for (const one of [keys, path.join(keys, 'rsa.pem')]) await chown(one, 12345, 12346)
  t.equal((await rotate('default')).code, 0)
  const file = path.join(keys, 'default-ps256-2.pem')
  const text = await readFile(file, 'utf8')
  t.match(text, /\n# alg: PS256\n-----BEGIN ENCRYPTED PRIVATE KEY-----/)
  t.equal(createPrivateKey({ key: text, passphrase }).asymmetricKeyDetails!.modulusLength, 2048)
  const { uid, gid } = await stat(file)
  t.strictSame([uid, gid], isRoot ? [12345, 12346] : [owner.uid, owner.gid], 'what root makes, the server can read')
})

t.test('a passphrase for others does not encrypt the successor of a plain key: the server that reads it may have none', async t => {
  const { keys, rotate } = await site(t, undefined, undefined, { JWKSD_KEY_PASSPHRASE: 'of others' })
  t.equal((await rotate('default')).code, 0)
  t.match(await readFile(path.join(keys, 'default-es256-2.pem'), 'utf8'), '-----BEGIN PRIVATE KEY-----')
})

t.test('a public key that takes over is warned of; what signs in its place is made when that is asked for', async t => {
  const { keys, rotate, at } = await site(t, { 'a.pem': privatePem('P-256'), 'b.pem': `# activates: ${formatTime(NOW + HOUR)}\n${publicPem(makePrivateKey('P-256'))}` })
  const warning = /b\.pem: takes over from .*a\.pem on .*, and its private half is not here: from then on nothing signs ES256 in "default"/
  const status = await runCommand(statusCommand, ['--config', path.join(path.dirname(keys), 'jwksd.yaml')], { now: NOW })
  t.match(status, { code: 0, stderr: warning })
  t.match(await rotate('default'), { code: 0, stdout: /^nothing is due/ })
  at(NOW + 60 * 24 * HOUR)
  t.match(await rotate('default'), { code: 0, stdout: /^nothing is due/ }, 'no private key goes')
  t.match(await rotate('default', '--begin'), { code: 0, stdout: /^done: make and publish/ })
  t.match(await readFile(path.join(keys, 'default-es256-2.pem'), 'utf8'), `# activates: ${formatTime(NOW + 60 * 24 * HOUR)}\n`, 'and signs at once')
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
  await two.rotate('default')
  t.match((await two.rotate('default')).stdout, /^done: destroy .*a.pem/, 'the revoked key goes when its window is over')
})

t.test('what a killed run left unfinished is swept when nobody writes it any more', async t => {
  const { keys, rotate } = await site(t)
  const file = (name: string): string => path.join(keys, name)
  for (const name of ['.new.pem.1234-abcd.tmp', '.stale.pem.1234-abcd.tmp', '.other.tmp']) await writeFile(file(name), 'x')
  await utimes(file('.stale.pem.1234-abcd.tmp'), NOW - 601, NOW - 601)
  t.equal((await rotate('default')).code, 0)
  t.equal((await rotate('default')).code, 0)
  t.strictSame((await readdir(keys)).filter(name => name.startsWith('.')), ['.new.pem.1234-abcd.tmp', '.other.tmp'])
})

t.test('refused, each with what to do', async t => {
  const unordered = await site(t, { 'a.pem': privatePem('P-256'), 'b.pem': privatePem('P-256'), 'ecw/bad.pem': 'nonsense' })
  t.match(await unordered.rotate('default'), { code: 1, stderr: /have no activation date.*\nhint: move each into a directory of its own/ })
  t.match(await unordered.rotate('ecw'), { code: 1, stderr: /bad.pem: there is no PEM block/ })
  t.match(await unordered.rotate('nobody'), { code: 1, stderr: /error: nobody: the set holds no private key\nhint: make the first with: jwksd keygen nobody/ })
  t.match(await unordered.rotate('defualt'), { code: 1, stderr: /error: defualt: there is no such set\nhint: did you mean "default"\?/ })

  const linked = await site(t, {})
  await writeFile(path.join(linked.keys, '..', 'vault.pem'), privatePem('P-256'), { mode: 0o600 })
  await symlink('../vault.pem', path.join(linked.keys, 'a.pem'))
  t.match(await linked.rotate('default'), { code: 1, stderr: /a.pem: is a symbolic link.*\nhint: .*Kubernetes Secret.*docs\/how-to\/rotate.md/ })
  t.ok((await lstat(path.join(linked.keys, 'a.pem'))).isSymbolicLink())
})

t.test('with publish.verify the new key is held until it has been seen at the public URL', async t => {
  const { keys, rotate, at } = await site(t, undefined, undefined, {}, { url: 'https://localhost:1', publish: { verify: true } })
  const url = 'https://localhost:1/.well-known/jwks.json'
  t.match((await rotate('default', '--dry-run')).stdout, new RegExp(`  ${formatTime(NOW)} .* give default-es256-2.pem its date, if it has been seen at its public URL\n$`))
  t.match((await rotate('default')).stdout, new RegExp(`^done: make and publish .*\nheld: .*\n  not yet at ${url} \\(not fetched yet\\)\n  deadline .*, in 2 h\n$`))
  t.match(await readFile(path.join(keys, 'default-es256-2.pem'), 'utf8'), /^# activates: held since/)
  at(NOW + 3 * HOUR)
  const later = await rotate('default')
  t.match(later.stdout, new RegExp(`^held: .*\n  not yet at ${url} \\(last fetched now: ECONNREFUSED\\)\n  the deadline was 60 min ago: look there with: jwksd check ${url}, or`))
  t.match(JSON.parse((await rotate('default', '--json')).stdout), { done: [], held: [{ lacks: [{ consumer: url, problem: 'ECONNREFUSED', last: formatTime(NOW + 3 * HOUR) }] }] })
  t.match(await rotate('default', '--force'), { code: 0, stdout: /^done: give/ })
})
