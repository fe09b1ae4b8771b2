// API keys: their form, their checksum, what is kept of them, and when they end.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { apiKeyId, hashApiKey, makeApiKey, matchesApiKey } from '../../../src/core/clients/api-key.ts'

t.test('a new key: 256 random bits, an id, a checksum; only its SHA-256 is kept', async t => {
  const made = Array.from({ length: 500 }, makeApiKey)
  for (const { token, id, sha256 } of made) {
    const [, inToken, secret] = /^jwksd_([A-Za-z0-9]{8})_([\w-]{43})[\w-]{6}$/.exec(token) ?? []
    if (inToken !== id || Buffer.from(secret ?? '', 'base64url').length !== 32) t.fail(`form of ${id}`)
    if (createHash('sha256').update(token).digest('hex') !== sha256) t.fail(`hash of ${id}`)
  }
  t.equal(new Set(made.map(({ token }) => token)).size, 500)
  t.ok(made.every(({ token, id }) => apiKeyId(token) === id))
})

t.test('a typing error is found by the checksum', async t => {
  const { token } = makeApiKey()
  const other = fc.constantFrom(...'ABCXYZabcxyz0189-_')
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.nat(token.length - 1), other, (i, letter) => {
      const mistyped = token.slice(0, i) + letter + token.slice(i + 1)
      return mistyped === token || apiKeyId(mistyped) === undefined
    }), { numRuns: 1000 })
  })
  for (const text of ['', 'jwksd_', token + 'A', ' ' + token, token.slice(0, -1), token.toUpperCase()]) t.equal(apiKeyId(text), undefined, text)
})

t.test('a key matches only its own hash, until it expires', async t => {
  const { token, id } = makeApiKey()
  const kept = { id, sha256: hashApiKey(token) }
  t.equal(matchesApiKey(token, kept, 1e12), true)
  t.equal(matchesApiKey(token, { ...kept, expires: 1000 }, 999), true)
  t.equal(matchesApiKey(token, { ...kept, expires: 1000 }, 1000), false, 'refused from the first moment of its end')
  t.equal(matchesApiKey(makeApiKey().token, kept, 0), false)
  t.equal(matchesApiKey(token, undefined, 0), false, 'an unknown id')
})
