// What a vendor asks of a JWK Set: handover, alg and kid.

import t from 'tap'
import { toKey } from '../../src/core/keys/key.ts'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { checkVendorSet } from '../../src/doctor/vendor-set.ts'
import { presets } from '../../src/presets/index.ts'
import { privatePem } from '../support/keys.ts'

const parsed = parseKey('a.pem', privatePem('P-256'))
const jwkOf = (scheme: 'pem-sha256' | 'thumbprint') => toKey(parsed, scheme).jwk
const look = (preset: string, ...keys: object[]) => checkVendorSet(JSON.stringify({ keys }), presets.get(preset)!)
const wrong = (preset: string, ...keys: object[]) => look(preset, ...keys).filter(({ level }) => level !== 'ok').map(({ check, level }) => `${level} ${check}`)

t.test('a set that fits', async t => {
  t.match(look('smart-health-cards', jwkOf('thumbprint')), [
    { check: 'vendor-handover', level: 'ok', seen: 'SMART Health Cards fetches the JWK Set', source: /SMART Health Cards Framework/ },
    { check: 'vendor-alg', level: 'ok', seen: '1 of 1 keys can be used for SMART Health Cards' }
  ])
  t.strictSame(wrong('jwt', jwkOf('pem-sha256')), [])
  const { alg: _, ...bare } = jwkOf('thumbprint')
  t.strictSame(wrong('smart-health-cards', bare), [], 'without alg the type decides')
})

t.test('a set that does not fit', async t => {
  t.strictSame(wrong('smart-health-cards', jwkOf('pem-sha256')), ['fault vendor-kid'])
  t.strictSame(wrong('smart-health-cards', { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', alg: 'ES256', kid: 'a' }), [], 'what is no key has no kid to compare')
  t.match(look('eclinicalworks', jwkOf('pem-sha256')).at(-1), { check: 'vendor-alg', level: 'fault', seen: 'no key of the set is for RS384; it has "ES256"' })
  t.match(look('eclinicalworks', { kty: 'EC', crv: 'P-256' }, { kty: 'oct' }).at(-1), { seen: 'no key of the set is for RS384; it has "EC", "oct"' })
  t.match(checkVendorSet('<html>', presets.get('epic')!).at(-1), { check: 'vendor-alg', seen: /it has no key$/ })
  const rsa = toKey(parseKey('r.pem', privatePem('RSA')), 'thumbprint').jwk
  t.strictSame(wrong('epic', { ...rsa, alg: undefined }), [])
  t.strictSame(wrong('eclinicalworks', rsa), ['warning vendor-kid'], 'eCW compares the kid of the token, not the rule')
  t.match(look('happypathology', jwkOf('thumbprint')), [{
    level: 'warning', seen: 'HappyPathology does not fetch a JWK Set: it has the key as PEM', hint: 'send it: jwksd export KID --pem'
  }, { level: 'fault' }])
})
