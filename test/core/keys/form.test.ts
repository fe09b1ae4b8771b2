// In which form a file is, by its outside.

import t from 'tap'
import { decodeText, type FormName, formOf, hintFor } from '../../../src/core/keys/form.ts'
import { makePrivateKey, privatePem } from '../../support/keys.ts'

t.test('forms by their first octets, their words or their members', async t => {
  const pem = privatePem('P-256')
  const der = makePrivateKey('P-256').export({ type: 'pkcs8', format: 'der' })
  const forms: Array<[FormName | undefined, string | Buffer]> = [
    ['pem', pem], ['pem', `"${pem}"`], ['der', der],
    ['utf-16', Buffer.from('\uFEFF' + pem, 'utf16le')], ['utf-16', Buffer.from(pem, 'utf16le')], ['utf-16', Buffer.from(pem, 'utf16le').swap16()],
    ['utf-16', Buffer.from('\uFEFF' + pem, 'utf16le').swap16()],
    ['openssh', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n'], ['putty', 'PuTTY-User-Key-File-3: ssh-ed25519\n'],
    ['ssh-public', 'ecdsa-sha2-nistp256 AAAAE2VjZHNh me@here'], ['jks', Buffer.from('feedfeed0000', 'hex')],
    ['pkcs12', Buffer.from('3007020103300203' + '00', 'hex')], ['pkcs12', Buffer.from('3080020103', 'hex')], [undefined, Buffer.from('3000', 'hex')],
    ['jwk', '{"kty":"EC"}'], ['jwk-set', '\uFEFF{"keys":[]}'], ['box', '{"boxAppSettings":{}}'],
    ['service-account', JSON.stringify({ type: 'service_account', private_key: pem })],
    [undefined, '{}'], [undefined, 'null'], [undefined, '42'], [undefined, '0123'], [undefined, ''], [undefined, Buffer.alloc(8)]
  ]
  for (const [form, content] of forms) t.equal(formOf(Buffer.from(content)), form, `${String(form)}: ${String(content).slice(0, 30)}`)
})

t.test('text in any encoding that can be recognised', async t => {
  for (const bytes of [Buffer.from('kid'), Buffer.from('\uFEFFkid', 'utf16le'), Buffer.from('kid', 'utf16le').swap16()]) {
    t.equal(decodeText(bytes).replace('\uFEFF', ''), 'kid')
  }
})

t.test('the command for each form names the file', async t => {
  t.equal(hintFor('der', 'my key.der'), "jwksd import 'my key.der'")
  t.match(hintFor('putty', 'k.ppk'), /puttygen k\.ppk/)
  t.match(hintFor('jks', 'k.jks'), /keytool .* k\.jks/)
  t.match(hintFor('ssh-public', 'k.pub'), /ssh-keygen .* k\.pub/)
})
