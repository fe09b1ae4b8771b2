// jwksd import: every form that people bring, of every type of key, made by the program that is known for it, and what
// came of it read by another one.

import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { exportCommand } from '../../src/cli/export.ts'
import { runCommand } from '../support/command.ts'
import { KINDS, PASS, site, takesDer, takesJwk, takesPkcs12 } from '../support/import-site.ts'
import { makePrivateKey, publicPem } from '../support/keys.ts'
import { openssl } from '../support/openssl.ts'

t.test('OpenSSH, as ssh-keygen writes it, with and without a passphrase', async t => {
  const here = site(t)
  for (const [type, bits] of [['rsa', '2048'], ['ecdsa', '256'], ['ecdsa', '384'], ['ecdsa', '521'], ['ed25519', '256']] as const) {
    for (const passphrase of ['', PASS]) {
      const name = `${type}-${bits}${passphrase && '-encrypted'}`
      execFileSync('ssh-keygen', ['-q', '-t', type, '-b', bits, '-N', passphrase, '-C', 'me', '-f', here.at(name)])
      const result = await here.run([here.at(name), name, '--json', '--passphrase-file', here.at('pass')])
      t.match(result, { code: 0 }, `${name}: ${result.stderr}`)
      const written = openssl(here.directory, 'pkey', '-in', JSON.parse(result.stdout).file, '-pubout')
      // ssh-keygen cannot write Ed25519 as SPKI: then its own line names the key.
      const octets = (pem: string): Buffer => createPublicKey(pem).export({ type: 'spki', format: 'der' })
      if (type !== 'ed25519') t.strictSame(octets(written), octets(execFileSync('ssh-keygen', ['-e', '-m', 'PKCS8', '-f', here.at(`${name}.pub`)]).toString()))
      else t.strictSame(octets(written).subarray(-32), Buffer.from(readFileSync(here.at(`${name}.pub`), 'utf8').split(' ')[1]!, 'base64').subarray(-32))
    }
  }
})

t.test('PKCS#12, DER, JWK and JWK Set of every type of key', async t => {
  const here = site(t)
  await takesPkcs12(t, here, ['RSA', 'P-384', 'Ed25519'])
  await takesDer(t, here, KINDS)
  await takesJwk(t, here, KINDS)
})

t.test('other libraries sign and verify with what was written', async t => {
  const here = site(t)
  const script = `
import sys
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key, Encoding, PublicFormat
key = load_pem_private_key(open(sys.argv[1], 'rb').read(), None).public_key() if len(sys.argv) > 1 else load_pem_public_key(sys.stdin.buffer.read())
sys.stdout.write(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())
`
  for (const kind of KINDS) {
    const key = makePrivateKey(kind)
    const { stdout } = await here.run([here.write('k.jwk', JSON.stringify({ ...key.export({ format: 'jwk' }), kid: 'k' })), `py-${kind.toLowerCase()}`, '--json'])
    const { file } = JSON.parse(stdout)
    t.equal(execFileSync('/usr/bin/python3', ['-c', script, file]).toString(), publicPem(key), kind)
    const digest = kind === 'Ed25519' ? null : 'sha256'
    const exported = await runCommand(exportCommand, ['k', '--pem'], { env: { JWKSD_KEYS: path.dirname(file) } })
    t.equal(execFileSync('/usr/bin/python3', ['-c', script], { input: exported.stdout }).toString(), publicPem(key), `${kind}, exported`)
    t.ok(verify(digest, Buffer.from('x'), createPublicKey(key), sign(digest, Buffer.from('x'), createPrivateKey(readFileSync(file, 'utf8')))))
  }
})

t.test('what export writes of a key with explicit curve parameters, another library reads', async t => {
  const { run, directory, at } = site(t)
  openssl(directory, 'ecparam', '-name', 'prime256v1', '-param_enc', 'explicit', '-genkey', '-noout', '-out', 'explicit.pem')
  t.match(await run([at('explicit.pem')]), { code: 0 })
  const { stdout } = await runCommand(exportCommand, ['explicit.pem'], { env: { JWKSD_KEYS: at('keys') } })
  const read = (input: Buffer | string): Buffer => execFileSync('/usr/bin/python3', ['-c',
    'import sys\nfrom cryptography.hazmat.primitives.serialization import load_pem_public_key\nprint(load_pem_public_key(sys.stdin.buffer.read()).curve.name)'],
  { input, stdio: ['pipe', 'pipe', 'ignore'] })
  t.equal(read(stdout).toString(), 'secp256r1\n')
})
