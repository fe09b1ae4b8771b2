// The time line as SVG: everything inside its frame, from minutes to years.

import t from 'tap'
import type { Notes } from '../../../src/core/keys/notes.ts'
import { drawTimeLine } from '../../../src/http/page/time-line.ts'
import { makeKeySet } from '../../../src/core/keys/make-key-set.ts'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import { privatePem } from '../../support/keys.ts'

const NOW = Date.UTC(2026, 10, 25, 3, 18) / 1000
const [HOUR, DAY] = [3600, 86400]

/** The drawing of keys with these notes. */
function draw (lead: number, ...notes: Notes[]): string {
  const keys = notes.map((note, i) => ({ ...parseKey(`k${i}.pem`, privatePem('P-256')), notes: { kid: `key-${i}`, ...note } }))
  return String(drawTimeLine(makeKeySet('ecw', keys, { kid: 'thumbprint', maxAge: 1, lead, retire: lead }), NOW) ?? '')
}

const percents = (text: string, name: string): number[] => [...text.matchAll(new RegExp(` ${name}="([-\\d.]+)%"`, 'g'))].map(([, value]) => Number(value))

t.test('bars of each state, dates and a text alternative', async t => {
  const text = draw(30 * HOUR, { activates: NOW - 90 * DAY }, { activates: NOW + 20 * HOUR })
  t.match(text, /<svg class="line" role="img" aria-labelledby="line-ecw-title line-ecw-text"/)
  t.match(text, /<desc id="line-ecw-text">key-0: signs; signs until Wed 25 Nov 23:18 UTC \(in 20 h\)\. key-1: published, signs later; signs from Wed 25 Nov 23:18 UTC \(in 20 h\)\.<\/desc>/)
  t.equal(text.match(/class="bar active"/g)!.length, 2)
  t.match(text, /class="bar deactivated" fill="url\(#retiring\)"/)
  t.match(text, /class="bar pre-activation"/)
  t.match(text, />26 Nov<\/text>/)
  t.match(text, /class="tick minor"/)
  t.notMatch(text, /style=/)
})

t.test('places stay inside, whatever the lead; ticks are round and few', async t => {
  for (const lead of [10, 600, 5 * HOUR, 3 * DAY, 40 * DAY, 400 * DAY, 9000 * DAY]) {
    const text = draw(lead, { activates: NOW - lead }, { activates: NOW + lead - 5 })
    const [x, width] = [percents(text, 'x'), percents(text, 'width')]
    t.ok([...x, ...percents(text, 'x1')].every(value => value >= 0 && value <= 100), `${lead}: ${x.join(' ')}`)
    t.ok(width.every(value => value > 0 && value <= 100), width.join(' '))
    t.ok((text.match(/class="tick/g) ?? []).length <= 7, `${lead}: no more dates than there is room for`)
  }
  t.match(draw(400 * DAY, { activates: NOW - DAY }), />\w{3} 2027<\/text>/)
  t.match(draw(40 * DAY, { activates: NOW - DAY }), />\d+ Dec<\/text>/)
  t.match(draw(600, { activates: NOW - DAY }), />03:20<\/text>/)
})

t.test('an undated key has signed always, and a long kid is cut', async t => {
  const text = draw(HOUR, { kid: `"<${'x'.repeat(60)}` })
  t.match(text, /class="bar active" x="0%"/)
  t.match(text, />&quot;&lt;x{21}…<tspan/)
  t.equal(draw(HOUR, { revoked: NOW }), '', 'no published key, no line')
})
