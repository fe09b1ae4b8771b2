// What is read again from one text of a configuration, and what is not.

import { readFile } from 'node:fs/promises'
import t from 'tap'
import { ConfigCache } from '../../src/config/config-cache.ts'
import { inRepository } from '../support/program.ts'

t.test('one text is read once, another one again, and one with faults each time', async t => {
  const cache = new ConfigCache()
  const read = (text: string): ReturnType<ConfigCache['read']> => cache.read('jwksd.yaml', text, {}, 0, true)
  const text = 'url: https://localhost:8443\nlisten: 127.0.0.1:8443\nkeys: ./keys\ntls: { cert: a.pem, key: b.pem }\n'
  const first = read(text)
  t.match(first, { faults: [], config: { drain: 0 } })
  t.equal(read(text), first)
  t.not(read(text + 'drain: 1s\n'), first)
  t.equal(read(text + 'drain: 1s\n').config?.drain, 1)
  const faulty = await readFile(inRepository('jwksd.example.yaml'), 'utf8')
  t.match(read(faulty).config, undefined)
  t.not(read(faulty), read(faulty))
  t.throws(() => read('a: ['))
})
