// The reference pages say what the sources are: fields, commands, routes, metrics, codes and presets.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { PARTS, renderPart } from '../../scripts/reference.ts'

t.test('each part of the reference is current: npm run reference writes it', async t => {
  for (const [page, name, write] of PARTS) {
    const text = readFileSync(page, 'utf8')
    t.equal(await renderPart(text, name, write), text, `${page}, ${name}`)
  }
})

t.test('negative control: a row that is gone, missing or changed is found, and the last column is kept', async t => {
  const [page, name, write] = PARTS.find(([, name]) => name === 'metrics')!
  const text = readFileSync(page, 'utf8')
  const row = /^\| `jwksd_keys`.*\n/m.exec(text)![0]
  for (const changed of [text.replace(row, ''), text.replace(row, row + row.replace('_keys', '_none')), text.replace(row, row.replace('`state`', ''))]) {
    t.not(changed, text)
    t.not(await renderPart(changed, name, write), changed)
  }
  const worded = text.replace(row, row.replace(/[^|]+\|\n$/, ' other words |\n'))
  t.equal(await renderPart(worded, name, write), worded)
  await t.rejects(renderPart('no marks', name, write), { message: 'no marks <!-- metrics --> and <!-- /metrics -->' })
})
