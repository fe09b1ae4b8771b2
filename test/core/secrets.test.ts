// What a refusal repeats of what was sent: short, and never what looks like a secret.

import t from 'tap'
import { describeSent, withoutSecrets } from '../../src/core/secrets.ts'

t.test('values are shown short', async t => {
  t.equal(describeSent('aud', 'https://a.example'), '"https://a.example"')
  t.equal(describeSent('aud', ['a', 'b']), 'an array of 2')
  t.equal(describeSent('vc', { a: 1 }), 'an object with 1 members')
  t.equal(describeSent('n', null), 'null')
  t.match(describeSent('aud', 'x'.repeat(200)), /^"x{79}… \(202 characters\)$/)
})

t.test('a token is cut out wherever it is in a word, with all that follows in it', async t => {
  t.equal(withoutSecrets('see assertion=eyJhbGciOiJIUzI1NiJ9.e30.AAAA, sent'), 'see assertion=[secret], sent')
  t.equal(withoutSecrets('tokeneyJhbGciOiJub25lIn0.e30.'), 'token[secret]')
  t.equal(withoutSecrets('eyJhbGciOiJSU0EtT0FFUCJ9.AAAA.BBBB.CCCC.DDDD'), '[secret]', 'five parts, encrypted')
  t.equal(withoutSecrets('a.b.c eyJhbGciOiJub25lIn0 eyJ.x'), 'a.b.c eyJhbGciOiJub25lIn0 eyJ.x', 'a name with dots, a header, two parts')
  const long = 'eyJ'.repeat(1024 * 1024)
  t.equal(withoutSecrets(long), long, 'three megabytes take no time of note; looked through from each eyJ on they take hours')
})

t.test('secrets are cut out, by their look and by the claim\'s name', async t => {
  for (const name of ['client_secret', 'password', 'access_token', 'api_key']) t.equal(describeSent(name, 'hunter2'), '[secret]')
  t.equal(describeSent('password', 7), '7', 'a number is no password')
  const secrets = ['eyJhbGciOiJIUzI1NiJ9.e30.AAAA', `jwksd_abcdefgh_${'x'.repeat(49)}`, '-----BEGIN PRIVATE KEY-----\nAAAA']
  for (const secret of secrets) {
    t.notOk(describeSent('aud', `see ${secret}`).includes(secret.slice(-8)), secret)
    t.match(withoutSecrets(`see ${secret}`), '[secret]')
  }
})
