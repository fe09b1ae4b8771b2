// DER: only definite lengths in their shortest form, and numbers that are not negative.

import t from 'tap'
import { expect, itemsOf, readBits, readDer, readInteger, TAG, toOctets } from '../../../src/core/keys/der.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

t.test('elements, sequences, numbers and bit strings', async t => {
  const [number, bits] = itemsOf(readDer(hex('30 0a 02 03 010001 03 03 00 abcd')))
  t.equal(readInteger(number), 65537n)
  t.strictSame(readBits(bits), hex('abcd'))
  t.equal(expect(readDer(Buffer.concat([hex('04 81 80'), Buffer.alloc(128)])), TAG.octetString).length, 128)
  t.strictSame([toOctets(1n), toOctets(1n, 2), toOctets(256n)], [hex('01'), hex('0001'), hex('0100')])
})

t.test('what is not DER', async t => {
  const bad: Record<string, string> = {
    nothing: '',
    'a tag only': '02',
    'two elements': '0500 0500',
    'an indefinite length': '30 80 0000',
    'a length of five octets': '04 85 0000000001 00',
    'a length that is cut': '04 82 01',
    'a length longer than needed': '04 81 01 00',
    'a length with a leading zero': `04 82 0080${'00'.repeat(128)}`,
    'more than there is': '04 02 00'
  }
  for (const [name, text] of Object.entries(bad)) t.throws(() => readDer(hex(text)), { name: 'NotDer' }, name)
  t.throws(() => itemsOf(readDer(hex('0500'))), { name: 'NotDer' }, 'no sequence')
  for (const text of ['02 00', '02 01 80', '02 02 0001']) t.throws(() => readInteger(readDer(hex(text))), { name: 'NotDer' }, text)
  t.throws(() => readBits(readDer(hex('03 02 01 80'))), { name: 'NotDer' }, 'bits that are no octets')
  t.throws(() => readBits(undefined), { name: 'NotDer' })
})
