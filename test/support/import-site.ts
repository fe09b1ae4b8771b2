// A place in which files with keys are imported, and what openssl reads of the result.

import { createPublicKey, type KeyObject } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Test } from 'tap'
import { importCommand } from '../../src/cli/import.ts'
import { runCommand } from './command.ts'
import { makePrivateKey, privatePem, publicPem, type TestKind } from './keys.ts'
import { openssl } from './openssl.ts'

export const PASS = 'correct horse'
export const KINDS = ['RSA', 'P-256', 'P-384', 'P-521', 'Ed25519'] as const satisfies readonly TestKind[]

/** A place with a key directory, in which files can be imported. */
export function site (t: Test) {
  const directory = t.testdir({ pass: `${PASS}\n` })
  const at = (name: string): string => path.join(directory, name)
  const run = async (args: readonly string[], options: Parameters<typeof runCommand>[2] = {}) =>
    await runCommand(importCommand, args, { ...options, env: { JWKSD_CONFIG: at('jwksd.yaml'), ...options.env } })
  writeFileSync(at('jwksd.yaml'), 'url: https://localhost\nlisten: 127.0.0.1:0\nkeys: keys\ntls: { cert: c, key: k }\n')
  mkdirSync(at('keys'), { mode: 0o700 })
  const write = (name: string, content: string | Buffer): string => {
    mkdirSync(path.dirname(at(name)), { recursive: true })
    writeFileSync(at(name), content, { mode: 0o600 })
    return at(name)
  }
  return { directory, at, run, write }
}

interface Taking { args?: string[], notes?: RegExp }

/** Imports a file into a set of its own and checks that openssl reads the same key from what was written. */
export async function takes (
  t: Test, { run, directory }: ReturnType<typeof site>, name: string, file: string, key: KeyObject, options: Taking = {}
) {
  const set = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').slice(0, 60)
  const result = await run([file, set, '--json', ...options.args ?? []])
  t.match(result, { code: 0 }, `${name}: ${result.stderr}`)
  const { file: written } = JSON.parse(result.stdout) as { file: string }
  t.equal(statSync(written).mode & 0o777, 0o600)
  t.equal(openssl(directory, 'pkey', '-in', written, '-pubout'), publicPem(key), `${name}: openssl reads the same key`)
  if (options.notes) t.match(readFileSync(written, 'utf8'), options.notes)
  return result
}

const PKCS12_WAYS: Record<string, string[]> = {
  modern: [], legacy: ['-legacy'], sha384: ['-macalg', 'sha384'], 'without encryption': ['-keypbe', 'NONE', '-certpbe', 'NONE'], 'without certificate': ['-nocerts']
}

/** PKCS#12 as openssl writes it. The last one stays at `k.p12`, with its certificate at `crt`. */
export async function takesPkcs12 (
  t: Test, here: ReturnType<typeof site>, kinds: readonly TestKind[], ways = Object.keys(PKCS12_WAYS)
): Promise<void> {
  for (const kind of kinds) {
    for (const way of ways) {
      const args = PKCS12_WAYS[way]!
      const key = makePrivateKey(kind)
      here.write('key', privatePem(key))
      openssl(here.directory, 'req', '-x509', '-new', '-key', 'key', '-subj', '/CN=x', '-out', 'crt')
      openssl(here.directory, 'pkcs12', '-export', '-inkey', 'key', '-in', 'crt', '-out', 'k.p12', '-passout', `pass:${PASS}`, ...args)
      const result = await takes(t, here, `p12 ${kind} ${way}`, here.at('k.p12'), key, { args: ['--passphrase-file', here.at('pass')] })
      if (args[0] !== '-nocerts') t.match(result.stderr, /warning: .*left out its certificate: openssl pkcs12 -in .*k\.p12 -nokeys/)
    }
  }
}

/** PKCS#8, encrypted or not. */
export async function takesDer (t: Test, here: ReturnType<typeof site>, kinds: readonly TestKind[]): Promise<void> {
  for (const kind of kinds) {
    const key = makePrivateKey(kind)
    await takes(t, here, `der ${kind}`, here.write('k.der', key.export({ type: 'pkcs8', format: 'der' })), key)
    const encrypted = key.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: PASS })
    await takes(t, here, `der encrypted ${kind}`, here.write('k.key', encrypted), key, { args: ['--passphrase-file', here.at('pass')] })
  }
}

const JWK_ALGS: Record<TestKind, string> = { RSA: 'PS512', 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'EdDSA' }

/** A JWK, and a JWK Set in which it is the only private key. */
export async function takesJwk (t: Test, here: ReturnType<typeof site>, kinds: readonly TestKind[]): Promise<void> {
  for (const kind of kinds) {
    const [key, alg] = [makePrivateKey(kind), JWK_ALGS[kind]]
    const jwk = { ...key.export({ format: 'jwk' }), kid: `kid-${kind}`, alg, use: 'sig', key_ops: ['sign'], ext: true }
    const notes = new RegExp(`^# alg: ${alg}\n# kid: kid-${kind}\n-----BEGIN PRIVATE KEY-----`)
    await takes(t, here, `jwk ${kind}`, here.write('k.jwk', JSON.stringify(jwk)), key, { notes })
    const others = [createPublicKey(makePrivateKey('RSA')).export({ format: 'jwk' }), null, 1]
    await takes(t, here, `jwks ${kind}`, here.write('set.json', JSON.stringify({ keys: [...others, jwk] })), key, { notes })
  }
}
