// Which keys may be published together.

import t from 'tap'
import { toKey } from '../../../src/core/keys/key.ts'
import { findMixedKinds, mixedKindsWarning } from '../../../src/core/keys/kinds.ts'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import { privatePem, type TestKind } from '../../support/keys.ts'

const keyOf = (kind: TestKind, notes = '') => toKey(parseKey(`${kind}.pem`, notes + privatePem(kind)), 'thumbprint')
const [rsa, ec, ed] = [keyOf('RSA'), keyOf('P-256'), keyOf('Ed25519')]
const revoked = keyOf('Ed25519', '# revoked: 2026-01-01T00:00:00Z\n')

t.test('Ed25519 is not mixed with others unless the set is mixed; revoked keys do not count', async t => {
  t.match(findMixedKinds('ecw', [rsa, ec, ed]), [{ where: 'Ed25519.pem', problem: /beside RSA and EC keys/, hint: /ecw-ed25519; or write sets\.ecw\.mixed: true/ }])
  for (const keys of [[], [ed, ed], [rsa, ec], [rsa, revoked]]) t.strictSame(findMixedKinds('ecw', keys), [])
  t.strictSame(findMixedKinds('ecw', [rsa, ed], true), [], 'the set says that its consumers know both')
})

t.test('keys of several types are warned of, with the consumers that fail', async t => {
  t.match(mixedKindsWarning('ecw', [rsa, ec]), /"ecw" publishes EC and RSA keys: python-jose/)
  t.match(mixedKindsWarning('ecw', [rsa, ed]), /OKP and RSA keys: node-jose/)
  for (const keys of [[rsa, rsa], [ec], [rsa, revoked]]) t.equal(mixedKindsWarning('ecw', keys), undefined)
})
