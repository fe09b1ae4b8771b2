// Tokens that are wrong in one way or another: what is right is taken as a draft, and each mutation changes one thing.
// Signed by node:crypto, so that nothing of src or of a JOSE library decides what a token may be.

import { constants, type KeyObject, randomUUID, sign } from 'node:crypto'

/** A token before it is signed. `claims` may be any text, `edit` changes the finished token. */
export interface Draft {
  header: Record<string, unknown>
  claims: Record<string, unknown> | string
  key: KeyObject
  /** Signs with this one, whatever the header says. */
  alg?: string
  der?: true
  edit?: (token: string) => string
}

/** Keys by kid. */
export type Keys = Readonly<Record<'main' | 'other' | 'curve' | 'stranger' | 'enc' | 'wrap' | 'double' | 'pss', KeyObject>>

export type Mutation = readonly [name: string, change: (draft: Draft, keys: Keys, now: number) => void]

const encode = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

function signBytes (alg: string, key: KeyObject, input: Buffer, der?: true): Buffer {
  const digest = `sha${alg.slice(2)}`
  if (alg.startsWith('ES')) return sign(digest, input, { key, dsaEncoding: der ? 'der' : 'ieee-p1363' })
  return sign(digest, input, alg.startsWith('PS') ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : key)
}

/** The compact token of a draft. */
export function makeToken ({ header, claims, key, alg = String(header.alg), der, edit = token => token }: Draft): string {
  const input = `${encode(header)}.${encode(claims)}`
  const signature = /^[REP]S(256|384|512)$/.test(alg) ? signBytes(alg, key, Buffer.from(input), der).toString('base64url') : ''
  return edit(`${input}.${signature}`)
}

/** A right draft: `claims` lack times and jti. */
export function makeDraft (claims: Record<string, unknown>, keys: Keys, now: number): Draft {
  return {
    header: { alg: 'RS384', kid: 'main', typ: 'JWT' }, claims: { ...claims, iat: now, exp: now + 240, jti: randomUUID() }, key: keys.main
  }
}

const header = (name: string, members: Record<string, unknown>): Mutation => [name, draft => { Object.assign(draft.header, members) }]
const claim = (name: string, members: (now: number, claims: Record<string, any>) => Record<string, unknown>): Mutation =>
  [name, (draft, _, now) => { Object.assign(draft.claims, members(now, draft.claims as Record<string, any>)) }]
const edit = (name: string, change: (token: string) => string): Mutation => [name, draft => { draft.edit = change }]
const part = (index: number, change: (text: string) => string) => (token: string): string =>
  token.split('.').map((text, i) => i === index ? change(text) : text).join('.')
const without = (name: string, where: 'header' | 'claims'): Mutation => [`without ${name}`, draft => { Reflect.deleteProperty(draft[where] as object, name) }]

/** Values that are no text, or an odd one. */
const ODD: Readonly<Record<string, unknown>> = { number: 7, empty: '', null: null, object: {}, true: true, array: [] }
const odd = (name: string): Mutation[] => Object.entries(ODD).map(([kind, value]) => claim(`${name}: ${kind}`, () => ({ [name]: value })))

const HEADER: readonly Mutation[] = [
  without('kid', 'header'), without('typ', 'header'), without('alg', 'header'),
  header('kid of another key', { kid: 'other' }), header('kid that is not there', { kid: 'nowhere' }), header('kid with a space', { kid: 'main ' }),
  header('kid in upper case', { kid: 'MAIN' }), header('kid: empty', { kid: '' }), header('kid of a key of another type', { kid: 'curve' }),
  header('typ in lower case', { typ: 'jwt' }), header('typ of an access token', { typ: 'at+jwt' }), header('typ: empty', { typ: '' }),
  header('a member of our own', { version: 2 }), header('cty', { cty: 'JWT' }),
  header('crit of a member that is not there', { crit: ['exp'] }), header('crit of an unknown member', { crit: ['tenant'], tenant: 'a' }), header('crit: empty', { crit: [] }),
  header('alg none', { alg: 'none' }), header('alg None', { alg: 'None' }), header('alg HS256', { alg: 'HS256' }), header('alg HS384', { alg: 'HS384' }),
  header('alg RS384 in lower case', { alg: 'rs384' }), header('alg unknown', { alg: 'XS1' }),
  header('alg RS256', { alg: 'RS256' }), header('alg RS512', { alg: 'RS512' }), header('alg PS384', { alg: 'PS384' }),
  ['header RS384, signed with RS256', draft => { draft.alg = 'RS256' }],
  ['header RS384, signed with PS384', draft => { draft.alg = 'PS384' }]
]

const KEY: readonly Mutation[] = [
  ['signed by another key of the set', (draft, { other }) => { draft.key = other }],
  ['signed by another key, kid right', (draft, { other }) => { draft.key = other; draft.header.kid = 'other' }],
  ['signed by a key that is not published', (draft, { stranger }) => { draft.key = stranger }],
  ['signed by a stranger under its own kid', (draft, { stranger }) => { draft.key = stranger; draft.header.kid = 'stranger' }],
  ['key published for encryption', (draft, { enc }) => { draft.key = enc; draft.header.kid = 'enc' }],
  ['key published to wrap keys', (draft, { wrap }) => { draft.key = wrap; draft.header.kid = 'wrap' }],
  ['key published for another alg', (draft, { pss }) => { draft.key = pss; draft.header.kid = 'pss' }],
  ['kid that two keys have', (draft, { double }) => { draft.key = double; draft.header.kid = 'double' }],
  ['ES384', (draft, { curve }) => { draft.key = curve; Object.assign(draft.header, { alg: 'ES384', kid: 'curve' }) }],
  ['ES384 in DER', (draft, { curve }) => { draft.key = curve; draft.der = true; Object.assign(draft.header, { alg: 'ES384', kid: 'curve' }) }]
]

const FORM: readonly Mutation[] = [
  edit('Bearer in front', token => `Bearer ${token}`), edit('in quotes', token => `"${token}"`), edit('in single quotes', token => `'${token}'`),
  edit('a space in front', token => ` ${token}`), edit('a line end in the header', part(0, text => `${text.slice(0, 9)}\n${text.slice(9)}`)),
  edit('lines of 64', token => token.replace(/.{64}/g, '$&\n')),
  edit('header with padding', part(0, text => `${text}=`)), edit('payload with padding', part(1, text => `${text}==`)),
  edit('two parts', token => token.split('.').slice(0, 2).join('.')), edit('one part', token => token.split('.')[0]!), edit('four parts', token => `${token}.x`),
  edit('five parts', token => `${token}.x.y`), edit('nothing', () => ''), edit('a word', () => 'token'),
  edit('no signature', part(2, () => '')), edit('signature cut', part(2, text => text.slice(0, -8))), edit('signature cut by one', part(2, text => text.slice(0, -1))),
  edit('signature too long', part(2, text => `${text}AAAA`)), edit('signature changed', part(2, text => `AAAA${text.slice(4)}`)),
  edit('signature of zeros', part(2, text => 'A'.repeat(text.length))),
  edit('payload changed', part(1, text => encode(Buffer.from(text, 'base64url').toString().replace(/"jti":"./, '"jti":"_')))),
  edit('payload cut', part(1, text => text.slice(0, -6))), edit('payload gone', part(1, () => '')),
  edit('header changed', part(0, text => encode({ ...JSON.parse(Buffer.from(text, 'base64url').toString()), x: 1 }))),
  edit('header no JSON', part(0, () => encode('RS384'))), edit('header a list', part(0, () => encode([]))), edit('header with a stray letter', part(0, text => `${text}*`)),
  edit('header and payload swapped', token => token.split('.').map((_, i, all) => all[[1, 0, 2][i]!]).join('.')),
  ['claims no JSON', draft => { draft.claims = 'hello' }], ['claims a list', draft => { draft.claims = '[]' }], ['claims a text', draft => { draft.claims = '"a"' }]
]

const TIMES: readonly Mutation[] = [
  ...(['iat', 'exp', 'jti'] as const).map(name => without(name, 'claims')),
  ...['exp', 'iat', 'nbf'].flatMap(name => [
    claim(`${name} as text`, now => ({ [name]: String(now + 60) })), claim(`${name}: object`, () => ({ [name]: {} }))
  ]),
  claim('exp in milliseconds', now => ({ exp: (now + 240) * 1000 })), claim('all in milliseconds', now => ({ iat: now * 1000, exp: (now + 240) * 1000 })),
  ...[1, 5, 20, 60, 3600, 86400].map(ago => claim(`expired ${ago} s ago`, now => ({ iat: now - ago - 240, exp: now - ago }))),
  claim('exp: 0', () => ({ exp: 0 })), claim('exp before 1970', () => ({ exp: -5 })),
  ...[60, 200, 290].map(life => claim(`exp in ${life} s`, now => ({ exp: now + life }))),
  ...[330, 600, 3600, 86400].map(life => claim(`exp in ${life} s`, now => ({ exp: now + life }))),
  ...[30, 90, 3600].map(ago => claim(`issued ${ago} s ago`, now => ({ iat: now - ago }))),
  ...[5, 120, 3600].map(ahead => claim(`issued ${ahead} s ahead`, now => ({ iat: now + ahead }))),
  ...[60, 3600].map(ago => claim(`nbf ${ago} s ago`, now => ({ nbf: now - ago }))),
  ...[5, 120, 3600].map(ahead => claim(`nbf ${ahead} s ahead`, now => ({ nbf: now + ahead }))),
  claim('exp with a fraction', now => ({ exp: now + 100.5 })),
  claim('issued in milliseconds', now => ({ iat: now * 1000 }))
]

const CLAIMS: readonly Mutation[] = [
  ...['iss', 'sub', 'aud'].map(name => without(name, 'claims')),
  ...odd('iss'), ...odd('sub'), ...odd('aud'), ...odd('jti'),
  claim('iss of another client', () => ({ iss: 'nobody' })), claim('sub of another client', () => ({ sub: 'nobody' })), claim('iss and sub of another client', () => ({ iss: 'nobody', sub: 'nobody' })),
  claim('iss in upper case', (_, { iss }) => ({ iss: iss.toUpperCase(), sub: iss.toUpperCase() })), claim('iss with a space', (_, { iss }) => ({ iss: `${iss} ` })),
  claim('aud: list of one', (_, { aud }) => ({ aud: [aud] })), claim('aud: list of two', (_, { aud }) => ({ aud: [aud, 'https://another.example'] })),
  claim('aud: list of others', () => ({ aud: ['https://another.example'] })), claim('aud: list with a number', (_, { aud }) => ({ aud: [aud, 1] })),
  claim('aud of another server', () => ({ aud: 'https://another.example' })), claim('aud with a slash', (_, { aud }) => ({ aud: `${aud}/` })),
  claim('aud with a space', (_, { aud }) => ({ aud: `${aud} ` })), claim('aud without scheme', (_, { aud }) => ({ aud: aud.slice('https://'.length) })),
  claim('aud in upper case', (_, { aud }) => ({ aud: aud.toUpperCase() })), claim('aud over http', (_, { aud }) => ({ aud: aud.replace('https:', 'http:') })),
  claim('aud with a query', (_, { aud }) => ({ aud: `${aud}?a=b` })),
  claim('a claim of our own', () => ({ tenant: 'a' })), claim('scope', () => ({ scope: 'system/Patient.rs' })), claim('long jti', () => ({ jti: randomUUID().repeat(9) }))
]

const SINGLE: readonly Mutation[] = [...HEADER, ...KEY, ...FORM, ...TIMES, ...CLAIMS]

/** Every mutation, and pairs of one in the header or key with one in the claims. */
export const MUTATIONS: readonly Mutation[] = [
  ['nothing wrong', () => {}],
  ...SINGLE,
  ...[...HEADER, ...KEY].map(([name, change], i): Mutation => {
    const [second, changeMore] = [...TIMES, ...CLAIMS][(i * 7) % (TIMES.length + CLAIMS.length)]!
    return [`${name} + ${second}`, (draft, keys, now) => { change(draft, keys, now); changeMore(draft, keys, now) }]
  })
]
