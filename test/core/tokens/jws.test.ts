// What is signed is what jose verifies, in every alg and form (RFC 7515, RFC 7518 section 3, RFC 7797).

import { flattenedVerify, importJWK } from 'jose'
import { verify } from 'node:crypto'
import t from 'tap'
import { ALGS, kindFor } from '../../../src/core/keys/alg.ts'
import { makeKeySet } from '../../../src/core/keys/make-key-set.ts'
import type { Key } from '../../../src/core/keys/key.ts'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import { signJws } from '../../../src/core/tokens/jws.ts'
import { DEFAULT_SET } from '../../../src/config/types.ts'
import { privatePem } from '../../support/keys.ts'

const PAYLOAD = Buffer.from('{"sub":"Zo\u00eb"}')

function keyFor (alg: typeof ALGS[number]): Key {
  const file = 'a.pem'
  return makeKeySet('a', [parseKey(file, `# alg: ${alg}\n${privatePem(kindFor(alg))}`)], DEFAULT_SET).keys[0]!
}

t.test('jose verifies every alg', async t => {
  for (const alg of ALGS) {
    const key = keyFor(alg)
    t.equal(key.alg, alg)
    const { jws } = await signJws(key, { protectedHeader: { kid: 'x' }, unprotectedHeader: { note: 1 }, payload: PAYLOAD }, 'flattened')
    const verified = await flattenedVerify(jws as never, await importJWK(JSON.parse(JSON.stringify(key.jwk)), alg), { algorithms: [alg] })
    t.match(verified, { protectedHeader: { alg, kid: 'x' }, unprotectedHeader: { note: 1 } }, alg)
    t.ok(Buffer.from(verified.payload).equals(PAYLOAD))
    const { signature } = jws as { signature: string }
    const changed = { ...jws, signature: (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1) }
    await t.rejects(flattenedVerify(changed as never, await importJWK(JSON.parse(JSON.stringify(key.jwk)), alg)), `negative control: ${alg}`)
  }
})

t.test('an unencoded payload is signed as its bytes', async t => {
  const key = keyFor('ES256')
  const { jws } = await signJws(key, { protectedHeader: { b64: false, crit: ['b64'] }, payload: PAYLOAD }, 'general')
  const { payload, signatures: [one] } = jws as { payload: string, signatures: [object] }
  t.equal(payload, PAYLOAD.toString())
  t.match(await flattenedVerify({ payload, ...one } as never, await importJWK(JSON.parse(JSON.stringify(key.jwk)), 'ES256')), { protectedHeader: { b64: false } })
})

t.test('the numbers of an ECDSA signature keep their length also where they begin with zeros', async t => {
  const key = keyFor('ES256')
  for (let short = 0; short < 2;) {
    const { token } = await signJws(key, { protectedHeader: {}, payload: PAYLOAD }, 'compact')
    const [header, payload, encoded] = token!.split('.')
    const signature = Buffer.from(encoded!, 'base64url')
    if (signature.length !== 64) return t.fail(`${signature.length} bytes`)
    if (signature[0] !== 0 && signature[32] !== 0) continue
    short++
    t.ok(verify('sha256', Buffer.from(`${header}.${payload}`), { key: key.publicKey, dsaEncoding: 'ieee-p1363' }, signature))
  }
})
