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

t.test('secrets are cut out, by their look and by the claim\'s name', async t => {
  for (const name of ['client_secret', 'password', 'access_token', 'api_key']) t.equal(describeSent(name, 'hunter2'), '[secret]')
  t.equal(describeSent('password', 7), '7', 'a number is no password')
  const secrets = ['eyJhbGciOiJIUzI1NiJ9.e30.AAAA', `jwksd_abcdefgh_${'x'.repeat(49)}`, '-----BEGIN PRIVATE KEY-----\nAAAA']
  for (const secret of secrets) {
    t.notOk(describeSent('aud', `see ${secret}`).includes(secret.slice(-8)), secret)
    t.match(withoutSecrets(`see ${secret}`), '[secret]')
  }
})
