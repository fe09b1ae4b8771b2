// jwksd import: one of each form that people bring, where it goes, and what is refused. Every form for every type of key:
// test/programs/import-forms.test.ts.

import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { createRequire } from 'node:module'
import { chmodSync, chownSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { keygenCommand } from '../../src/cli/keygen.ts'
import { runCommand } from '../support/command.ts'
import { PASS, site, takes, takesDer, takesJwk, takesPkcs12 } from '../support/import-site.ts'
import { LOADER } from '../support/program.ts'
import { makePrivateKey, privatePem, publicPem, type TestKind } from '../support/keys.ts'
import { openssl } from '../support/openssl.ts'

t.test('OpenSSH, with and without a passphrase', async t => {
  const here = site(t)
  execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-b', '256', '-N', '', '-f', here.at('plain')])
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', PASS, '-f', here.at('encrypted')])
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', here.at('rsa')])
  for (const name of ['plain', 'rsa']) t.match(await here.run([here.at(name), name]), { code: 0 })
  t.match(await here.run([here.at('encrypted'), 'encrypted', '--passphrase-file', here.at('pass')]), { code: 0 })
  const damaged = here.write('damaged', readFileSync(here.at('plain'), 'utf8').replace(/\n.{60}/, '\n'))
  t.match(await here.run([damaged]), { code: 1, stderr: /damaged: holds no private key/ })
  const cut = here.write('cut', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n')
  t.match(await here.run([cut]), { code: 1, stderr: /cut: holds no private key/ })
  const wrong = here.write('wrong', 'another\n')
  t.match(await here.run([here.at('encrypted'), '--passphrase-file', wrong]), { code: 1, stderr: /cannot be decrypted with the passphrase given/ })
  const indented = here.write('indented', readFileSync(here.at('plain'), 'utf8').replaceAll(/^/gm, '  '))
  t.match(await here.run([indented, 'indented']), { code: 0 })
})

t.test('PKCS#12: today\'s encryption, the old one and none', async t => {
  const here = site(t)
  await takesPkcs12(t, here, ['RSA'], ['modern'])
  await takesPkcs12(t, here, ['P-256'])
  const key = makePrivateKey('P-384')
  here.write('key', privatePem(key))
  openssl(here.directory, 'pkcs12', '-export', '-inkey', 'key', '-nocerts', '-out', 'empty.p12', '-passout', 'pass:')
  await takes(t, here, 'p12 empty passphrase', here.at('empty.p12'), key)
  openssl(here.directory, 'pkcs12', '-export', '-nokeys', '-in', 'crt', '-out', 'none.p12', '-passout', 'pass:')
  t.match(await here.run([here.at('none.p12')]), { code: 1, stderr: /none\.p12: holds no private key/ })
  t.match(await here.run([here.at('k.p12')], { terminal: 'wrong\r' }), { code: 1, stderr: /^Passphrase of .*k\.p12: \nerror: .*cannot be decrypted/ })
})

t.test('what a library does not decrypt another program does: its command is named, and works', async t => {
  const here = site(t)
  for (const cipher of ['aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com']) {
    const name = cipher.slice(0, 8)
    execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-Z', cipher, '-N', PASS, '-f', here.at(name)])
    const { code, stderr } = await here.run([here.at(name), '--passphrase-file', here.at('pass')])
    t.match({ code, stderr }, { code: 1, stderr: new RegExp(`is encrypted with ${cipher}, which jwksd does not read`) })
    const [, command] = /import a copy: (.*)/.exec(stderr)!
    execFileSync('sh', ['-c', `${command} -q -P '${PASS}' -N '${PASS}'`])
    t.match(await here.run([here.at(`${name}-ctr`), name, '--passphrase-file', here.at('pass')]), { code: 0 })
  }
  const key = makePrivateKey('P-256')
  here.write('key', privatePem(key))
  const passphrase = here.write('letters', 'schönes Wort\n')
  openssl(here.directory, 'pkcs12', '-export', '-inkey', 'key', '-nocerts', '-out', 'letters.p12', '-passout', `file:${passphrase}`)
  const refused = await here.run([here.at('letters.p12'), '--passphrase-file', passphrase])
  t.match(refused, { code: 1, stderr: /cannot be decrypted.*\nhint: try another passphrase; where it is right, import what this writes: openssl pkcs12 -in/ })
  const [, command] = /writes: openssl (.*)/.exec(refused.stderr)!
  openssl(here.directory, ...command!.split(' '), '-passin', `file:${passphrase}`, '-passout', `file:${here.at('pass')}`)
  await takes(t, here, 'letters', here.at('NEW.pem'), key, { args: ['--passphrase-file', here.at('pass')] })
  t.match(await here.run([here.at('letters.p12'), '--passphrase-file', here.at('pass')]), { code: 1, stderr: /\nhint: try another passphrase, or get/ })
})

t.test('DER: PKCS#8, encrypted or not, PKCS#1, SEC1', async t => {
  const here = site(t)
  await takesDer(t, here, ['P-256', 'Ed25519'])
  const [rsa, ec] = [makePrivateKey('RSA'), makePrivateKey('P-384')]
  await takes(t, here, 'pkcs1', here.write('k.der', rsa.export({ type: 'pkcs1', format: 'der' })), rsa)
  await takes(t, here, 'sec1', here.write('k.der', ec.export({ type: 'sec1', format: 'der' })), ec)
  t.match(await here.run([here.write('k.der', createPublicKey(ec).export({ type: 'spki', format: 'der' }))]), { code: 1, stderr: /holds no private key/ })
})

t.test('JWK and JWK Set: kid and alg are kept', async t => {
  const here = site(t)
  await takesJwk(t, here, ['RSA', 'P-256'])
  const { d, ...half } = makePrivateKey('P-256').export({ format: 'jwk' })
  const refused: Array<[object, RegExp]> = [
    [half, /holds no private key/],
    [{ keys: [{ ...half, d }, { ...half, d }] }, /holds 2 private keys/],
    [{ ...half, d, use: 'enc' }, /made for another use \(use: enc\)/],
    [{ ...half, d, alg: 'ECDH-ES' }, /made for another use \(alg: ECDH-ES\)/],
    [{ ...half, d, kid: 'a b' }, /its kid is not 1 to 256 printable/],
    [{ kty: 'RSA', n: 'AQAB', e: 'AQAB', d: 'AQAB' }, /lacks members of a private RSA key/],
    [{ ...half, d, alg: 'RS256' }, /does not fit a key of kind P-256/]
  ]
  for (const [json, problem] of refused) t.match(await here.run([here.write('k.jwk', JSON.stringify(json))]), { code: 1, stderr: problem })
})

t.test('JSON of a Google service account and of a Box application', async t => {
  const here = site(t)
  const key = makePrivateKey('RSA')
  const google = { type: 'service_account', private_key_id: 'a1b2', private_key: privatePem(key), client_email: 'x@y' }
  await takes(t, here, 'google', here.write('google.json', JSON.stringify(google)), key, { notes: /^# alg: RS256\n# kid: a1b2\n/ })
  const pem = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'box' })
  const box = { boxAppSettings: { clientID: 'c', clientSecret: 's', appAuth: { publicKeyID: 'pk1', privateKey: pem, passphrase: 'box' } }, enterpriseID: '1' }
  await takes(t, here, 'box', here.write('box.json', JSON.stringify(box)), key, { notes: /^# kid: pk1\n/ })
  t.match(await here.run([here.write('box.json', '{"boxAppSettings":{}}')]), { code: 1, stderr: /no PEM block/ })
})

t.test('PEM that was damaged on its way, with its notes', async t => {
  const here = site(t)
  const key = makePrivateKey('RSA')
  const pem = `# kid: mine\n# activates: 2026-12-01T00:00:00Z\n${privatePem(key)}`
  const damages: Record<string, string | Buffer> = {
    'literal line ends': pem.replaceAll('\n', '\\n'),
    'a JSON string': JSON.stringify(pem),
    indented: pem.replaceAll(/^/gm, '    '),
    quoted: `"${pem.trim()}"`,
    'CR only': pem.replaceAll('\n', '\r'),
    'UTF-16': Buffer.from('\uFEFF' + pem, 'utf16le'),
    'UTF-16 big endian': Buffer.from(pem, 'utf16le').swap16(),
    whole: pem
  }
  for (const [name, content] of Object.entries(damages)) {
    await takes(t, here, name, here.write('k.pem', content), key, { notes: /^# activates: 2026-12-01T00:00:00Z\n# kid: mine\n-----BEGIN PRIVATE KEY/ })
  }
  await takes(t, here, 'one line', here.write('k.pem', privatePem(key).replaceAll('\n', ' ')), key)
  const encrypted = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASS }) as string
  await takes(t, here, 'encrypted', here.write('k.pem', encrypted.replaceAll('\n', '\\n')), key, { args: ['--passphrase-file', here.at('pass')] })
  here.write('plain', privatePem(key))
  const old = openssl(here.directory, 'rsa', '-in', 'plain', '-traditional', '-aes128', '-passout', `pass:${PASS}`)
  await takes(t, here, 'old encryption', here.write('k.pem', old.replaceAll(/^/gm, ' ')), key, { args: ['--passphrase-file', here.at('pass')] })
  openssl(here.directory, 'req', '-x509', '-new', '-key', 'plain', '-subj', '/CN=x', '-out', 'crt')
  const both = await takes(t, here, 'with certificate', here.write('k.pem', privatePem(key) + readFileSync(here.at('crt'), 'utf8')), key)
  t.match(both.stderr, /left out its certificate: openssl x509/)
  const refused: Array<[string, RegExp]> = [
    [privatePem(key) + privatePem('P-256'), /holds 2 private keys/], [publicPem(key), /holds no private key/],
    ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /does not decode/], ['-----BEGIN PRIVATE KEY-----\nAAAA', /cut short/]
  ]
  for (const [text, problem] of refused) t.match(await here.run([here.write('k.pem', text)]), { code: 1, stderr: problem })
})

t.test('where it goes: the set named, the one in whose directory the file lies, else default; never over a file', async t => {
  const { run, write, at } = site(t)
  const der = (kind: TestKind): Buffer => makePrivateKey(kind).export({ type: 'pkcs8', format: 'der' })
  const written = async (...args: string[]): Promise<string> => path.relative(at('keys'), JSON.parse((await run([...args, '--json'])).stdout).file)
  t.equal(await written(write('My key (1).der', der('P-256'))), 'My-key-1-.pem')
  t.equal(await written(write('keys/ecw/x.der', der('P-256'))), 'ecw/x.pem')
  t.equal(await written(write('keys/y.der', der('P-384')), 'cdata'), 'cdata/y.pem')
  t.equal(await written(write('y.der', der('P-521')), 'cdata'), 'cdata/y-imported.pem', 'a file of that name is there')
  t.match(await run([write('y.der', der('RSA')), 'cdata']), { code: 1, stderr: /y-imported\.pem: is there already/ })
  const damaged = write('keys/odd/k.pem', privatePem('P-256').replaceAll('\n', '\\n'))
  t.equal(await written(damaged), 'odd/k-imported.pem', 'the damaged file itself is no obstacle')
  t.equal(await written(write('....der', der('P-384')), 'dots'), 'dots/imported.pem')
  t.match(await run([at('y.der'), 'No']), { code: 1, stderr: /is not a name for a set/ })
})

t.test('what the set has no place for is refused before anything is written', async t => {
  const { run, write, at } = site(t)
  const own = privatePem('P-256')
  const der = (pem: string): string => write('new.der', createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' }))
  write('keys/a.pem', '# kid: a\n' + own)
  t.match(await run([der(own)]), { code: 1, stderr: /a\.pem: is this key already/ })
  t.match(await run([der(privatePem('P-256'))]), { code: 1, stderr: /is an ES256 key of the set "default" already[\s\S]*--activates/ })
  t.match(await run([der(privatePem('Ed25519'))]), { code: 1, stderr: /an Ed25519 key beside EC keys/ })
  t.match(await run([write('k.jwk', JSON.stringify({ ...makePrivateKey('P-384').export({ format: 'jwk' }), kid: 'a' }))]), { code: 1, stderr: /has the kid a already/ })
  t.throws(() => statSync(at('keys/new.pem')))
  t.match(await run([at('new.der'), 'other']), { code: 0 })
  t.match(await run([der(own), 'copy']), { code: 0, stderr: /a\.pem: is the same key in the set "default": jwksd revoke/ })
  t.match(await run([der(privatePem('P-256')), '--activates', '2030-01-01']), { code: 0 })
  t.match(readFileSync(at('keys/new.pem'), 'utf8'), /^# activates: 2030-01-01T00:00:00Z\n/)
  write('keys/bad.pem', 'x')
  t.match(await run([write('last.der', makePrivateKey('P-521').export({ type: 'pkcs8', format: 'der' }))]), { code: 1, stderr: /bad\.pem: there is no PEM block/ })
})

t.test('a key that was encrypted and no longer is, is warned of', async t => {
  const here = site(t)
  const pem = makePrivateKey('P-256').export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASS }) as string
  const run = async (set: string, env = {}) => await here.run([here.write('k.key', pem), set, '--passphrase-file', here.at('pass')], { env })
  t.match(await run('plain'), { code: 0, stderr: /warning: .*k\.pem: is not encrypted, as .*k\.key was; to keep it so, import with JWKSD_KEY_PASSPHRASE/ })
  const kept = await run('kept', { JWKSD_KEY_PASSPHRASE: 'another' })
  t.match(kept, { code: 0 })
  t.notMatch(kept.stderr, 'is not encrypted', 'control')
})

t.test('weak keys are refused as everywhere', async t => {
  const { run, write, directory } = site(t)
  write('weak', openssl(directory, 'genrsa', '-traditional', '1024'))
  t.match(await run([path.join(directory, 'weak')]), { code: 1, stderr: /has 1024 bits/ })
})

t.test('encrypted as the other keys are; a passphrase is asked for without an echo', async t => {
  const { run, write, at } = site(t)
  const key = makePrivateKey('P-256')
  const file = write('k.der', key.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: PASS }))
  t.match(await run([file]), { code: 1, stderr: /is encrypted\nhint: give the passphrase with --passphrase-file/ })
  t.match(await run([file], { terminal: '\x03' }), { code: 1, stderr: /no answer was given/ })
  const asked = await run([file], { terminal: `${PASS}\r`, env: { JWKSD_KEY_PASSPHRASE: 'ours' } })
  t.match(asked, { code: 0, stdout: /^kid: {2}[0-9a-f]{16}\nalg: {2}ES256\nfile: .*k\.pem\n\{/, stderr: /Passphrase of .*k\.der: \nhint: .*remove it/ })
  t.notMatch(asked.stdout + asked.stderr, PASS)
  t.ok(createPrivateKey({ key: readFileSync(at('keys/k.pem')), passphrase: 'ours' }))
})

t.test('files that are none, or in a form that another program must read first', async t => {
  const { run, write, at } = site(t)
  t.match(await run([at('missing')]), { code: 1, stderr: /missing: cannot be read \(ENOENT\)/ })
  t.match(await run([at('keys')]), { code: 1, stderr: /keys: cannot be read \(not a file\)/ })
  t.match(await run([write('text', 'hello')]), { code: 1, stderr: /holds no key in a form that jwksd knows/ })
  t.match(await run([write('k.jks', Buffer.from('feedfeed00000002', 'hex'))]), { code: 1, stderr: /a Java key store, which jwksd does not read\nhint: keytool/ })
  truncateSync(write('large', ''), 2 ** 21)
  t.match(await run([at('large')]), { code: 1, stderr: /has 2097152 bytes; a file with a key has at most 1048576/ })
  rmSync(at('large'))
})

t.test('the libraries are loaded for the forms that need them only', async t => {
  const { cache } = createRequire(import.meta.url)
  t.ok(Object.keys(cache).some(file => file.includes('node-forge')), 'negative control: this process has read PKCS#12')
  const probe = `import { importCommand } from ${JSON.stringify(new URL('../../src/cli/import.ts', import.meta.url).href)}
import { createRequire } from 'node:module'
process.stdout.write(String(Object.keys(createRequire(import.meta.url).cache).filter(file => /node-forge|sshpk/.test(file)).length + (importCommand ? 0 : 1)))`
  t.equal(execFileSync(process.execPath, [LOADER, '--input-type=module', '-e', probe]).toString(), '0')
})

t.test('the group that root keeps the key directory for can read new keys and sets', async t => {
  const here = site(t)
  const isRoot = process.geteuid!() === 0
  if (isRoot) chownSync(here.at('keys'), 0, 65534)
  chmodSync(here.at('keys'), 0o750)
  here.write('k.key', privatePem(makePrivateKey('P-256')))
  const env = { JWKSD_CONFIG: here.at('jwksd.yaml') }
  const { stdout } = await runCommand(keygenCommand, ['made', '--alg', 'ES256', '--json'], { env })
  const imported = await here.run([here.at('k.key'), 'taken', '--json'])
  for (const { file } of [stdout, imported.stdout].map(text => JSON.parse(text) as { file: string })) {
    const [directory, key] = [path.dirname(file), file].map(one => statSync(one))
    const { uid, gid } = directory!
    t.match(key, { uid, gid })
    t.strictSame([directory!.mode & 0o777, key!.mode & 0o777], isRoot ? [0o750, 0o640] : [0o700, 0o600], file)
    t.equal(gid, isRoot ? 65534 : process.getegid!())
  }
})

t.test('after a revocation the next key ends the line of the revoked one', async t => {
  const { run, write, at } = site(t)
  write('keys/a.pem', '# revoked: 2026-01-01T00:00:00Z\n' + privatePem('P-256'))
  const der = write('new.der', makePrivateKey('P-256').export({ type: 'pkcs8', format: 'der' }))
  t.match(await run([der]), { code: 0 })
  t.match(readFileSync(at('keys/new.pem'), 'utf8'), /^# activates: \d{4}-/)
})

t.test('a date in the past would end the key that signs; a date that is none is wrong usage', async t => {
  const { run, write, at } = site(t)
  write('keys/a.pem', privatePem('P-256'))
  const der = write('new.der', makePrivateKey('P-256').export({ type: 'pkcs8', format: 'der' }))
  t.match(await run([der, '--activates', '2026-01-01']), { code: 1, stderr: /new\.der: would sign since 2026-01-01T00:00:00Z in place of .*a\.pem, and vendors do not know it yet/ })
  t.match(await run([der, '--activates', 'tomorrow']), { code: 2, stderr: /is not a date such as/ })
  t.throws(() => statSync(at('keys/new.pem')))
  write('keys/later/b.pem', '# activates: 2026-06-01T00:00:00Z\n' + privatePem('P-256'))
  t.match(await run([der, 'later', '--activates', '2026-01-01']), { code: 0 }, 'one that came before the one that signs')
  t.match(await run([der, 'other', '--activates', '2026-01-01']), { code: 0 }, 'the first key of a set may have one')
  rmSync(at('keys'), { recursive: true })
  t.match(await run([der, 'first']), { code: 0 }, 'it makes the key directory')
  rmSync(at('keys'), { recursive: true })
  write('keys', 'a file')
  t.match(await run([der, 'first']), { code: 1, stderr: /keys: cannot be changed \(EEXIST\)/ })
})
