// An API key is added to a configuration's text: one line or one value more, and every other byte as it was.

import { readFile } from 'node:fs/promises'
import t from 'tap'
import { addApiKey } from '../../src/config/add-api-key.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { faultsOf } from '../support/faults.ts'
import { inRepository } from '../support/program.ts'

const KEY = { id: 'k7Qm2xR9', sha256: 'ab'.repeat(32), expires: '2027-06-01T00:00:00Z' }
const ENTRY = `{ apiKey: { id: k7Qm2xR9, sha256: ${KEY.sha256}, expires: 2027-06-01T00:00:00Z } }`
const add = (text: string, client = 'b') => addApiKey('jwksd.yaml', text, client, KEY)

t.test('each way to write auth', async t => {
  for (const [before, after, line] of [
    // a block list: after its last entry, indented like the others, whatever follows
    ['clients:\n  b:\n    auth:\n      - jwt: { issuer: a } # note\n      # more\n    profiles: [p]\n',
      `clients:\n  b:\n    auth:\n      - jwt: { issuer: a } # note\n      - ${ENTRY}\n      # more\n    profiles: [p]\n`, 5],
    ['clients:\n  b:\n    auth:\n    - jwt:\n        issuer: a # note\n\n\n    profiles: [p]', `clients:\n  b:\n    auth:\n    - jwt:\n        issuer: a # note\n    - ${ENTRY}\n\n\n    profiles: [p]`, 6],
    ['clients:\n  b:\n    auth:\n      - jwt: { issuer: a }', `clients:\n  b:\n    auth:\n      - jwt: { issuer: a }\n      - ${ENTRY}`, 5],
    ['clients:\r\n  b:\r\n    auth:\r\n      - jwt: { issuer: a }\r\n', `clients:\r\n  b:\r\n    auth:\r\n      - jwt: { issuer: a }\r\n      - ${ENTRY}\r\n`, 5],
    ['\uFEFFclients:\n  b:\n    auth:\n      - mtls: { san: "DNS:a" }\n', `\uFEFFclients:\n  b:\n    auth:\n      - mtls: { san: "DNS:a" }\n      - ${ENTRY}\n`, 5],
    // a flow list
    ['clients:\n  b:\n    auth: [jwt: { issuer: a }] # x\n', `clients:\n  b:\n    auth: [jwt: { issuer: a }, ${ENTRY}] # x\n`, 3],
    ['clients:\n  b: { auth: [], profiles: [p] }\n', `clients:\n  b: { auth: [${ENTRY}], profiles: [p] }\n`, 2],
    // no list yet
    ['clients:\n  b:\n    auth:\n    profiles: [p]\n', `clients:\n  b:\n    auth: [${ENTRY}]\n    profiles: [p]\n`, 3],
    ['clients:\n  b: # who\n    # what\n    profiles: [p]\n', `clients:\n  b: # who\n    # what\n    auth: [${ENTRY}]\n    profiles: [p]\n`, 4],
    ['clients:\r\n  b:\r\n    profiles: [p]\r\n', `clients:\r\n  b:\r\n    auth: [${ENTRY}]\r\n    profiles: [p]\r\n`, 3],
    ['clients:\n  b: { profiles: [p] }\n', `clients:\n  b: { auth: [${ENTRY}], profiles: [p] }\n`, 2],
    // a placeholder
    ['clients:\n  b:\n    auth:\n      # replace\n      - apiKey: { id: ReplaceM, sha256: "00" } # here\n', `clients:\n  b:\n    auth:\n      # replace\n      - ${ENTRY} # here\n`, 5],
    ['clients:\n  b:\n    auth:\n      - apiKey:\n          id: abcdefgh\n          sha256: "000000" # none\n    profiles: []\n', `clients:\n  b:\n    auth:\n      - ${ENTRY} # none\n    profiles: []\n`, 4]
  ] as const) {
    const { text, ...rest } = add(before)
    t.equal(text, after, JSON.stringify(before))
    t.equal(rest.line, line)
    t.match(rest.written, ENTRY)
  }
})

t.test('the shipped example: the line of the placeholder, and no other', async t => {
  const example = await readFile(inRepository('jwksd.example.yaml'), 'utf8')
  const { text, line } = add(example, 'billing')
  const [before, after] = [example.split('\n'), text.split('\n')]
  t.strictSame(after.filter((one, i) => one !== before[i]).length, 1)
  t.match(before[line - 1], 'ReplaceM')
  t.match(readYaml('jwksd.yaml', text).data, { clients: { billing: { auth: [{ apiKey: KEY }] } } })
})

t.test('what looks like a number stays a text', async t => {
  const { text } = addApiKey('jwksd.yaml', 'clients: { b: { auth: [] } }', 'b', { id: '12345678', sha256: '1e'.padEnd(64, '0') })
  t.match(readYaml('jwksd.yaml', text).data, { clients: { b: { auth: [{ apiKey: { id: '12345678', sha256: '1e'.padEnd(64, '0') } }] } } })
})

t.test('what cannot be added to without another change is refused', async t => {
  for (const text of [
    'x: &a [jwt: { issuer: i }]\nclients:\n  b: { auth: *a }\n', // an alias would change both places
    'x: &a { auth: [] }\nclients:\n  b: *a\n',
    'clients:\n  b: {}\n',
    'clients:\n  b: { auth: [jwt: { issuer: i },] }\n  c: &c { auth: [] }\n'
  ]) {
    const faults = await faultsOf(() => add(text))
    if (text.includes('},]')) t.strictSame(faults, [], 'a trailing comma is no obstacle')
    else t.match(faults, [{ where: /clients\.b\.auth/, problem: /cannot be added to safely/, hint: /leave --write out/ }], text)
  }
})
