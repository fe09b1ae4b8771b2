// The algorithms that exist for jwksd, and the kinds of key that they need.

import t from 'tap'
import { ALGS, ALGS_OF, defaultAlg, isAlg, kindFor } from '../../../src/core/keys/alg.ts'

t.test('neither none nor HS* nor an unlisted name is an algorithm', async t => {
  for (const name of ['none', 'None', 'HS256', 'HS512', 'ES256K', 'RSA1_5', 'rs256', '', 'constructor']) t.notOk(isAlg(name), name)
  for (const alg of ALGS) t.ok(isAlg(alg), alg)
})

t.test('every algorithm fits exactly one kind of key', async t => {
  for (const alg of ALGS) {
    t.equal(Object.values(ALGS_OF).filter(algs => algs.includes(alg)).length, 1, alg)
    t.ok(ALGS_OF[kindFor(alg)].includes(alg))
  }
})

t.test('defaults by kind, unless the set\'s alg fits', async t => {
  t.strictSame((['RSA', 'P-256', 'P-384', 'P-521', 'Ed25519'] as const).map(kind => defaultAlg(kind)), ['RS384', 'ES256', 'ES384', 'ES512', 'EdDSA'])
  t.equal(defaultAlg('RSA', 'PS512'), 'PS512')
  t.equal(defaultAlg('P-256', 'PS512'), 'ES256')
  t.equal(defaultAlg('Ed25519', 'Ed25519'), 'Ed25519', 'RFC 9864')
})
