// YAML that is none: one cause each, at its line, in words that help; and what is sound though it looks odd.

import { readFile } from 'node:fs/promises'
import t from 'tap'
import { readYaml } from '../../src/config/yaml.ts'
import { faultsOf } from '../support/faults.ts'
import { inRepository } from '../support/program.ts'

const FILE = 'jwksd.yaml'

/** Thirty values, each twice the one before: some 10⁹ when written out. */
function bomb (): string {
  return ['a0: &a0 [x, x]', ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)].join('\n')
}

t.test('each cause has its words and its hint', async t => {
  for (const [text, where, problem, hint] of [
    ['', FILE, 'is empty', 'start from jwksd.example.yaml'],
    ['# only a comment\n', FILE, 'is empty', 'start from jwksd.example.yaml'],
    ['null\n', FILE, 'is empty', 'start from jwksd.example.yaml'],
    ['url: a\ntls:\n\tcert: x\n', 'jwksd.yaml:3', 'is indented with a tab', 'indent with spaces: YAML takes no tabs'],
    ['tls:\n  cert: a\n  \tkey: b: c\n', 'jwksd.yaml:3', 'is indented with a tab', 'indent with spaces: YAML takes no tabs'],
    ['url: a\ntls:\n  cert: x\n key: y\n', 'jwksd.yaml:4', 'is not indented like the lines that it belongs with', 'give the fields of one level the same number of spaces'],
    ['url: a\nkeys: b }\nlisten: c\n}\n', 'jwksd.yaml:4', 'there is a "}" that nothing opened', 'remove it, or write the bracket that opens it'],
    ['url: a\nprofiles: ]\n', 'jwksd.yaml:2', 'there is a "]" that nothing opened', 'remove it, or write the bracket that opens it'],
    ['tls: { cert: a\nurl: b\n', 'jwksd.yaml:2', 'a "{" or "[" before this line is not closed', 'write the bracket that closes it'],
    ['url: a\nkeys: b\nurl: c\n', 'jwksd.yaml:3', 'the field "url" is duplicated', 'keep one of them'],
    ['url: https: //a\n', 'jwksd.yaml:1', 'has a second colon with a space after it', 'put the value in quotes, or remove the space'],
    ['url:a\nkeys: b\n', 'jwksd.yaml:1', '"url:a" is no field and no value', 'write a colon and a space after the name of a field'],
    ['url: "a\nkeys: b\n', 'jwksd.yaml:3', 'something before this line is not closed, such as a quote', 'close it, or remove what opened it'],
    ['url: a\n---\nurl: b\n', 'jwksd.yaml:2', 'a second document begins here', 'keep one document, without a line ---'],
    ['url: !!bad! x\n%\n', 'jwksd.yaml:1', /./, /jwksd\.example\.yaml shows the form/],
    ['url: a\rkeys: b\r', FILE, /carriage returns as its only line ends/, 'convert it: tr \'\\r\' \'\\n\' < jwksd.yaml'],
    [Buffer.from('\uFEFFurl: a\n', 'utf16le').toString(), FILE, 'is UTF-16, not UTF-8', 'convert it: iconv -f UTF-16 -t UTF-8 jwksd.yaml'],
    [Buffer.from('url: \xfc\n', 'latin1').toString(), FILE, 'has bytes that are not UTF-8', 'save it as UTF-8'],
    ['a: [*nothing]', FILE, /alias cannot be resolved/, /write out the value/],
    ['a: &x { b: *x }', FILE, /alias cannot be resolved/, /write out the value/],
    [bomb(), FILE, /alias cannot be resolved: .*repeat it too often/, /write out the value/],
    ['url: a\n? [b]\n: c\n', 'jwksd.yaml:1', /complex keys/, /jwksd\.example\.yaml shows the form/]
  ] as const) {
    const faults = await faultsOf(() => readYaml(FILE, text))
    t.match(faults, [{ where, problem, hint }], JSON.stringify(text))
    t.equal(faults.length, 1, 'the first cause only')
  }
})

t.test('a stray bracket anywhere in the example is one fault', async t => {
  const lines = (await readFile(inRepository('jwksd.example.yaml'), 'utf8')).split('\n')
  for (const [i, line] of lines.entries()) {
    const broken = [...lines.slice(0, i), line + '\n}', ...lines.slice(i + 1)].join('\n')
    t.equal((await faultsOf(() => readYaml(FILE, broken))).length, 1, `after line ${i + 1}`)
  }
})

t.test('a byte order mark, CRLF and shared values are sound', async t => {
  t.strictSame(readYaml(FILE, '\uFEFFurl: a\r\nkeys: b\r\n').data, { url: 'a', keys: 'b' })
  t.strictSame(readYaml(FILE, 'a: &x [1]\nb: *x').data, { a: [1], b: [1] })
})

t.test('every value has its line, and what is not written that of its parent', t => {
  const text = '# comment\nurl: a\ntls:\n  cert: &c b\n  key:\nlist:\n  - x\n  -\n  - y: [1,\n     !!str 2]\nflow: { a: *c, "b": "x" }\n'
  const { where, data } = readYaml(FILE, text)
  t.strictSame(data, { url: 'a', tls: { cert: 'b', key: null }, list: ['x', null, { y: [1, '2'] }], flow: { a: 'b', b: 'x' } })
  for (const [path, line] of [
    [[], 1], [['url'], 2], [['tls'], 4], [['tls', 'cert'], 4], [['tls', 'key'], 5], [['tls', 'none', 'deeper'], 4], [['list', 0], 7],
    [['list', 1], 7], [['list', 2, 'y'], 9], [['list', 2, 'y', 1], 10], [['flow', 'a'], 11], [['flow', 'b'], 11], [['none'], 1]
  ] as const) t.equal(where(path), [`${FILE}:${line}`, path.join('.')].filter(Boolean).join(' '), path.join('.'))
  t.end()
})
