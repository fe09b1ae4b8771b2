// Templates: what they name, its type, and what does not exist.

import t from 'tap'
import { compileTemplate, needsCertificate, type Scope } from '../../../src/core/tokens/template.ts'
import { faultsOf } from '../../support/faults.ts'

const certificate = { x5c: ['a', 'b'], x5t: 't', 'x5t#S256': 's', notBefore: 0, notAfter: 1 }
const scope: Scope = { client: 'app', key: { kid: 'k', spkiSha256: 'f', certificate }, set: { url: 'https://x.example/s/.well-known/jwks.json' }, params: { iss: 'us' }, claims: { sub: 'me', n: 7 }, now: 60 }
const bare: Scope = { ...scope, key: { kid: 'k', spkiSha256: 'f' } }

t.test('a string that is only a placeholder keeps its type, others make a text', async t => {
  const values: Array<[unknown, unknown]> = [
    ['${now}', 60], ['${key.x5c}', ['a', 'b']], ['${claims.n}', 7], ['${params.iss}', 'us'], ['at ${now} ${client.name}', 'at 60 app'],
    ['${key.x5t} ${key.x5t#S256} ${key.spkiSha256}', 't s f'], ['$${now}', '${now}'], ['$${now} ${now}', '${now} 60'], [7, 7], [null, null],
    ['${set.url}', 'https://x.example/s/.well-known/jwks.json'], ['${set.issuer}', 'https://x.example/s'],
    [{ a: ['${key.kid}', { b: true }] }, { a: ['k', { b: true }] }], [['$${x}'], ['${x}']], [{ plain: [1] }, { plain: [1] }], ['', '']
  ]
  for (const [written, value] of values) t.strictSame(compileTemplate(written).resolve(scope), value, JSON.stringify(written))
})

t.test('what is not there makes the whole undefined', async t => {
  for (const name of ['key.x5c', 'key.x5t', 'key.x5t#S256', 'key.uri', 'params.other', 'claims.toString']) {
    t.equal(compileTemplate(`\${${name}}`).resolve(bare), undefined, name)
    t.equal(compileTemplate(`a \${${name}}`).resolve(bare), undefined, name)
    t.equal(needsCertificate(name), name.startsWith('key.'))
  }
  t.equal(needsCertificate('key.kid'), false)
})

t.test('what stands for nothing is refused when it is compiled', async t => {
  for (const name of ['', 'key', 'key.d', 'client', 'claims.', 'constructor', 'env.HOME']) {
    t.match(await faultsOf(() => compileTemplate({ a: [`x \${${name}}`] })), [{ problem: `holds \${${name}}`, hint: /client\.name/ }], name)
  }
})
