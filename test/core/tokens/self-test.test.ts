// Self-test: with each alg a key signs as it will, and the published JWK verifies.

import t from 'tap'
import { ALGS, kindFor } from '../../../src/core/keys/alg.ts'
import { toKey } from '../../../src/core/keys/key.ts'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import { selfTest } from '../../../src/core/tokens/self-test.ts'
import { faultsOf } from '../../support/faults.ts'
import { makePrivateKey, privatePem, publicPem } from '../../support/keys.ts'

for (const alg of ALGS) {
  t.test(`${alg}: a sound key passes, one published under another key's JWK does not`, async t => {
    const kind = kindFor(alg)
    const [key, other] = [privatePem(kind), privatePem(kind)].map(pem => toKey(parseKey(`${alg}.pem`, `# alg: ${alg}\n${pem}`), 'pem-sha256'))
    const refused = [{ where: `${alg}.pem`, problem: /self-test failed/ }]
    t.match(await faultsOf(async () => await selfTest({ ...key!, jwk: other!.jwk })), refused, 'by jose')
    t.same(await faultsOf(async () => await selfTest(key!)), [])
    t.same(await faultsOf(async () => await selfTest(key!)), [], 'and again, from memory')
    t.match(await faultsOf(async () => await selfTest({ ...key!, jwk: other!.jwk })), refused, 'by its public key')
    t.same(await faultsOf(async () => await selfTest(other!)), [])
  })
}

t.test('a public key has nothing to prove', async t => {
  const key = toKey(parseKey('a.pem', publicPem(makePrivateKey('P-256'))), 'pem-sha256')
  t.same(await faultsOf(async () => await selfTest(key)), [])
})
