// Over many randomly made keys of every kind: nothing of a private half in what is published or shown.

import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import t from 'tap'
import { toKey } from '../../../src/core/keys/key.ts'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import { publishedKeys } from '../../../src/core/keys/key-set.ts'
import { makeKeySet } from '../../../src/core/keys/make-key-set.ts'
import { findPrivate, PRIVATE_MEMBERS } from '../../support/deep-scan.ts'
import { faultsOf } from '../../support/faults.ts'
import { privatePem, type TestKind } from '../../support/keys.ts'

const COUNTS: Record<TestKind, number> = { RSA: 16, 'P-256': 350, 'P-384': 150, 'P-521': 84, Ed25519: 400 }
const MEMBERS: Record<string, string[]> = {
  RSA: ['alg', 'e', 'ext', 'key_ops', 'kid', 'kty', 'n', 'use'],
  EC: ['alg', 'crv', 'ext', 'key_ops', 'kid', 'kty', 'use', 'x', 'y'],
  OKP: ['alg', 'crv', 'ext', 'key_ops', 'kid', 'kty', 'use', 'x']
}
const pems = Object.entries(COUNTS).flatMap(([kind, count]) => Array.from({ length: count }, () => privatePem(kind as TestKind)))
const RULES = { kid: 'pem-sha256', maxAge: 600, lead: 108_000, retire: 86_400 } as const

/** The values of a key's private members, which must not stand anywhere in a text. */
function secretsOf (pem: string): string[] {
  const jwk = createPrivateKey(pem).export({ format: 'jwk' })
  return PRIVATE_MEMBERS.flatMap(name => jwk[name as keyof JsonWebKey] ?? []) as string[]
}

t.test(`${pems.length} random keys: only the members of the allow-list are published`, async t => {
  const set = makeKeySet('s', pems.map((pem, i) => parseKey(`${i}.pem`, pem)), RULES)
  const text = JSON.stringify({ keys: publishedKeys(set, 0).map(({ jwk }) => jwk) })
  t.equal(JSON.parse(text).keys.length, pems.length)
  t.strictSame(findPrivate(JSON.parse(text)), [])
  t.strictSame(pems.flatMap(secretsOf).filter(secret => text.includes(secret)), [])
  for (const { jwk } of set.keys) if (Object.keys(jwk).sort().join() !== MEMBERS[jwk.kty]!.join()) t.fail(`members of ${jwk.kid}`)
  t.ok(Object.isFrozen(set.keys[0]!.jwk), 'nobody can add a member later')
})

t.test('no fault tells anything of a private key', async t => {
  const leaks: string[] = []
  let refused = 0
  for (const pem of pems.slice(0, 100)) {
    const lines = pem.split('\n').slice(1, -2)
    const damaged = [pem.replace(/\n([\w+/])/, '\n*'), pem + pem, '# alg: none\n' + pem, pem.slice(0, pem.length / 2)]
    for (const text of damaged) {
      const faults = await faultsOf(() => parseKey('k.pem', text))
      const said = JSON.stringify(faults)
      refused += faults.length
      if (findPrivate(faults).length > 0 || lines.some(line => said.includes(line.slice(0, 30)))) leaks.push(said)
    }
  }
  t.equal(refused, 400)
  t.strictSame(leaks, [])
})

t.test('the exported public half has no private block', async t => {
  const key = toKey(parseKey('k.pem', pems[0]!), 'thumbprint')
  t.strictSame(findPrivate({ pem: key.publicPem }), [])
})

t.test('negative control: the scan finds private members and blocks, however deep', async t => {
  for (const kind of Object.keys(COUNTS) as TestKind[]) {
    const jwk = createPrivateKey(privatePem(kind)).export({ format: 'jwk' })
    t.ok(findPrivate({ keys: [jwk] }).includes('$.keys.0.d'), kind)
    t.ok(findPrivate(`a log line\n${JSON.stringify({ msg: 'x', key: JSON.stringify(jwk) })}\n`).length > 0, `${kind} in a string`)
    t.ok(secretsOf(privatePem(kind)).length > 0, `${kind} has secret values`)
  }
  t.strictSame(findPrivate({ error: { detail: pems[0] } }), ['$.error.detail'])
})
