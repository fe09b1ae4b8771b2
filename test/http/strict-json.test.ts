// The body parser: what it takes means the same to every reader, and nothing else is taken.

import fc from 'fast-check'
import t from 'tap'
import { RequestError } from '../../src/core/errors.ts'
import { parseStrictJson } from '../../src/http/strict-json.ts'

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text))

/** The field that a refusal names. */
function fieldOf (text: string): string | undefined {
  try {
    parse(text)
    return undefined
  } catch (error) {
    if (!(error instanceof RequestError) || error.code !== 'ERR_BAD_REQUEST') throw error
    return error.details.field
  }
}

t.test('every JSON value that readers agree on is parsed as JSON.parse does', t => {
  const number = fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  const readersAgree = (n: number): boolean => !Number.isInteger(n) || Number.isSafeInteger(n)
  const { value } = fc.letrec(tie => ({
    value: fc.oneof({ maxDepth: 5 }, fc.string({ unit: 'binary' }), number.filter(readersAgree), fc.boolean(), fc.constant(null),
      fc.array(tie('value'), { maxLength: 5 }), fc.dictionary(fc.string().filter(name => name !== '__proto__'), tie('value'), { maxKeys: 5 }))
  }))
  fc.assert(fc.property(value, value => {
    const text = JSON.stringify(value)
    return JSON.stringify(parse(text)) === text
  }), { numRuns: 500 })
  t.end()
})

t.test('a duplicate member is refused at any place and depth', t => {
  const name = fc.string({ minLength: 1 }).filter(name => name !== '__proto__')
  fc.assert(fc.property(name, fc.array(name, { maxLength: 4 }), fc.array(name, { maxLength: 4 }), (twice, above, between) => {
    const others = [...new Set(between)].filter(one => one !== twice)
    const members = [twice, ...others, twice].map(one => `${JSON.stringify(one)}:1`).join(',')
    const text = above.reduce((inner, outer) => `{${JSON.stringify(outer)}:${inner}}`, `{${members}}`)
    return fieldOf(text) === [...above.reverse(), twice].join('.')
  }), { numRuns: 300 })
  t.equal(fieldOf('{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}]}'), undefined, 'control: one name in several objects is no duplicate')
  t.end()
})

t.test('the limits, one step at each side', t => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  t.equal(fieldOf(nested(32)), undefined)
  t.equal(fieldOf(nested(33)), 'body')
  t.equal(fieldOf('{"n":9007199254740991}'), undefined)
  t.equal(fieldOf('{"n":9007199254740992}'), 'n')
  t.equal(fieldOf('{"n":-9007199254740992}'), 'n')
  t.equal(fieldOf('{"n":1e400}'), 'n', 'JSON.parse gives Infinity')
  for (const exact of ['0.1', '0', '0.0', '1.50', '100e-2', '1E3', '-0.5e-3', '5e-324', '1e21']) t.equal(fieldOf(`{"n":${exact}}`), exact === '1e21' ? 'n' : undefined, exact)
  for (const rounded of ['0.12345678901234567890', '1e-400', '-0', '-0.0', '2.00000000000000000001']) t.equal(fieldOf(`{"n":${rounded}}`), 'n', rounded)
  t.equal(fieldOf('12345678901234567890'), 'body', 'the body itself is the number')
  t.end()
})

t.test('the short way, for what JSON.stringify writes, comes to the same as the walk', t => {
  const name = fc.constantFrom('"a"', '"b"', '"\\u0061"', '"__proto__"', '"__\\u0070roto__"', '"7"', '"e+5"')
  const { value } = fc.letrec<{ value: string }>(tie => ({
    value: fc.oneof({ maxDepth: 3 },
      fc.constantFrom('1', '-0', '0.5', '1e+21', '1e21', '1.5e+300', '1e-7', '9007199254740991', '9007199254740992', '0.30000000000000004', '0.10', '1e400', 'null'),
      fc.constantFrom('"x"', '"\\ud800"', '"\\ud834\\udd1e"', '"𝄞"', '"\\u0000"', '"\\/"', '"{[1e+5"', '""'),
      fc.array(tie('value'), { maxLength: 3 }).map(items => `[${items.join(',')}]`),
      fc.array(fc.tuple(name, tie('value')), { maxLength: 3 }).map(members => `{${members.map(member => member.join(':')).join(',')}}`))
  }))
  const seen = { taken: 0, refused: 0 }
  fc.assert(fc.property(value, text => {
    const field = fieldOf(text)
    seen[field === undefined ? 'taken' : 'refused']++
    return field === fieldOf(` ${text}`) // JSON.stringify writes no space
  }), { numRuns: 3000 })
  t.ok(seen.taken > 100 && seen.refused > 100, JSON.stringify(seen))
  t.end()
})

t.test('a number or a name as long as ten bodies takes no time of note', t => {
  const zeros = '0'.repeat(640 * 1024)
  t.strictSame(parse(`{"a": 1.${zeros}}`), { a: 1 })
  t.equal(fieldOf(`{"a": 1.${zeros}1}`), 'a', 'a text in which zeros are looked for from each zero on takes minutes')
  t.equal(fieldOf(`{"${'eyJ'.repeat(200 * 1024)}": 1, "b": -0}`), 'b')
  t.end()
})

t.test('what was refused is reported without being quoted', t => {
  const secret = '{"claims":{"password":"hunter2"'
  t.throws(() => parse(secret), { message: 'the body is not valid JSON' })
  t.throws(() => parseStrictJson(Buffer.from([0x22, 0xc3, 0x28, 0x22])), { message: 'the body is not valid UTF-8' })
  t.throws(() => parseStrictJson(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), { message: 'the body is not valid UTF-8' }, 'a lone surrogate')
  t.strictSame(parse('\ufeff{}'), {}, 'a byte order mark is ignored (RFC 8259 section 8.1)')
  t.end()
})
