// The presets as data: nothing is enforced that nobody read at its source, every other name leads to a preset, and
// lists that several presets have are written once.

import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { aliases, written } from '../../src/presets/index.ts'
import type { PresetData } from '../../src/core/tokens/preset.ts'

/** What a preset enforces without a source that somebody read. */
function unverified ({ key, alg, header, form, time, rules }: PresetData): string[] {
  const sections = Object.entries({ key, alg, header, form, time }).map(([id, section]) => ({ id, ...section }))
  return [...sections, ...rules].filter(({ verified, source }) => !verified || source.length < 5).map(({ id }) => id)
}

for (const [name, preset] of Object.entries(written)) {
  t.test(`${name}: every enforced rule was read at its source`, async t => {
    t.strictSame(unverified(preset), [])
    for (const { text, source } of preset.advice ?? []) t.ok(text.length > 5 && source.length > 5, 'advice has a source too')
    t.strictSame(new Set(preset.rules.map(({ id }) => id)).size, preset.rules.length, 'no two rules have one id')
  })
}

t.test('negative control: a section and a rule without a source are found', async t => {
  const { epic } = written
  const [first, ...others] = epic!.rules
  const doubtful = { ...epic!, alg: { ...epic!.alg, verified: false }, rules: [{ ...first!, verified: false }, ...others] }
  t.strictSame(unverified(doubtful), ['alg', 'iss-required'])
})

t.test('every other name is the name of a preset, and none hides one', async t => {
  t.ok(Object.keys(aliases).length > 0)
  for (const [alias, name] of Object.entries(aliases)) {
    t.ok(Object.hasOwn(written, name), `${alias} is ${name}`)
    t.notOk(Object.hasOwn(written, alias), `${alias} is no preset itself`)
  }
})

t.test('no list of three algorithms stands in two presets', async t => {
  const folder = new URL('../../src/presets/', import.meta.url)
  const lists = readdirSync(folder).flatMap(file => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    return [...text.matchAll(/\[(?:'(?:RS|PS|ES|Ed)\w+'(?:, )?){3,}\]/g)].map(([list]) => list.slice(1, -1).split(', ').sort().join(' '))
  })
  t.ok(lists.length > 0)
  t.equal(new Set(lists).size, lists.length)
})
