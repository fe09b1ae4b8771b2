// Keys are parsed once for each content, and forgotten when their file was not read any more.

import t from 'tap'
import { KeyCache } from '../../src/keystore/key-cache.ts'
import { faultsOf } from '../support/faults.ts'
import { privatePem } from '../support/keys.ts'

t.test('the same file with the same text is the same key; anything else is parsed again', async t => {
  const [one, two] = [privatePem('P-256'), privatePem('P-256')]
  const cache = new KeyCache()
  const key = cache.parse('a.pem', one)
  cache.beginRead()
  t.equal(cache.parse('a.pem', one), key)
  cache.beginRead()
  t.not(cache.parse('b.pem', one), key, 'another name, which faults and warnings say')
  t.not(cache.parse('a.pem', one, 'passphrase'), key, 'another passphrase')
  t.not(cache.parse('a.pem', two), key, 'another text')
  cache.beginRead()
  t.not(cache.parse('a.pem', one), key, 'forgotten, since the last read did not see it')
  t.match(await faultsOf(() => cache.parse('a.pem', 'damaged')), [{ where: 'a.pem' }])
})
