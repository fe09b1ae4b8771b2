// Near matches: the name that was meant is found, and a name that is far from all of them is not.

import t from 'tap'
import { didYouMean, nearest } from '../../src/core/near-match.ts'

t.test('one letter added, left out, replaced or swapped', async t => {
  for (const written of ['ewc', 'ecww', 'ec', 'ecx', 'ECW', 'xecw']) t.equal(nearest(written, ['cdata', 'ecw', 'default']), 'ecw', written)
})

t.test('long names may differ in two letters, short ones in one', async t => {
  t.equal(nearest('eclnicalwroks', ['eclinicalworks', 'epic']), 'eclinicalworks')
  t.equal(nearest('clams', ['claims']), 'claims')
  t.equal(nearest('abcd', ['abxy']), undefined)
  t.equal(nearest('epic', ['okta', 'box']), undefined)
  t.equal(nearest('x', []), undefined)
  t.equal(nearest('', ['a', 'abc']), undefined)
  t.equal(nearest('b', ['a']), undefined, 'nothing in common')
})

t.test('a name as long as a body is near to nothing, and is not compared', async t => {
  t.equal(nearest('x'.repeat(64 * 1024), Array.from({ length: 10_000 }, (_, n) => `profile-${n}`)), undefined)
})

t.test('the nearest of several', async t => {
  t.equal(nearest('profile', ['profiles', 'profile-2', 'prof']), 'profiles')
})

t.test('a hint begins with it', async t => {
  t.equal(didYouMean('tsl', ['tls'], 'known here: tls'), 'did you mean "tls"? known here: tls')
  t.equal(didYouMean('other', ['tls'], 'known here: tls'), 'known here: tls')
})
