// Keys are parsed once for each content, and forgotten when their file was not read any more.

import t from 'tap'
import { rememberKeys } from '../../src/keystore/key-cache.ts'
import { faultsOf } from '../support/faults.ts'
import { privatePem } from '../support/keys.ts'

t.test('the same file with the same text is the same key; anything else is parsed anew', async t => {
  const [one, two] = [privatePem('P-256'), privatePem('P-256')]
  const begin = rememberKeys()
  const key = begin()('a.pem', one)
  t.equal(begin()('a.pem', one), key)
  let parse = begin()
  t.not(parse('b.pem', one), key, 'another name, which faults and warnings tell')
  t.not(parse('a.pem', one, 'passphrase'), key, 'another passphrase')
  t.not(parse('a.pem', two), key, 'another text')
  parse = begin()
  t.not(parse('a.pem', one), key, 'forgotten, since the last read did not see it')
  t.match(await faultsOf(() => parse('a.pem', 'damaged')), [{ where: 'a.pem' }])
})
