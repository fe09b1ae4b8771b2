// Bodies for /sign that nobody meant: valid requests, twisted by names, values and bytes that parsers differ about.

/** A number below `limit`, from a linear congruential generator: a failure can be repeated by its seed. */
export function makeRandom (seed: number): (limit: number) => number {
  let state = seed >>> 0
  return limit => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor(state / 2 ** 32 * limit)
  }
}

const NAMES = ['iss', 'ISS', 'i\u017fs', 'sub', 'exp', 'EXP', 'iat', 'nbf', 'jti', 'aud', 'ctx', 'Ctx', 'tenant', 'alg', 'kid', 'jku', 'crit', '__proto__',
  'constructor', 'toString', 'profile', 'claims', 'ttl', 'payload', 'payload_b64u', 'a', '', ' ', '\u0000', '\ud800', 'ü', '💥']
const VALUES = ['us', 'them', '', '\u0000', '\udc00', 'none', 'plain', 'PLAIN', '../plain', 0, -0, 1, -1, 4, 301, 1e21, 1e-7, 1e308, 2 ** 53,
  0.1, true, false, null]
const WRITTEN = ['1e400', '1e-400', '-0', '01', '+1', '0x10', 'NaN', 'Infinity', '1.', '.5', '0.1000000000000000055', '"\\ud83d"', "'a'", 'undefined',
  '[1,]', '{"a":1,"a":2}', '{"__proto__":{"iss":"them"}}', '['.repeat(40) + ']'.repeat(40), '9'.repeat(400)]

/** @returns a body, as bytes; about one in three is valid */
export function makeBody (random: (limit: number) => number): Buffer {
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!
  const value = (depth: number): string => {
    switch (random(depth > 3 ? 2 : 5)) {
      case 0: return JSON.stringify(pick(VALUES))
      case 1: return random(4) ? JSON.stringify(pick(VALUES)) : pick(WRITTEN)
      case 2: return `[${Array.from({ length: random(4) }, () => value(depth + 1)).join(',')}]`
      default: return object(depth + 1)
    }
  }
  const object = (depth: number): string =>
    `{${Array.from({ length: random(4) }, () => `${JSON.stringify(pick(NAMES))}:${value(depth)}`).join(',')}}`
  const body = random(2)
    ? `{"claims":${object(1)}${random(3) ? '' : `,"ttl":${value(4)}`}${random(5) ? '' : `,${JSON.stringify(pick(NAMES))}:${value(1)}`}}`
    : random(8) ? JSON.stringify({ claims: { a: pick(VALUES), ctx: { tenant: 'one' }, iss: 'us' }, ttl: 1 + random(300) }) : value(0)
  const bytes = Buffer.from(body)
  if (random(6) || bytes.length === 0) return bytes
  const at = random(bytes.length)
  if (random(2)) return bytes.subarray(0, at)
  bytes[at] = random(256)
  return bytes
}
