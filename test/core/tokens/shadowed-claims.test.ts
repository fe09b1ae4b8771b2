// Names that a reader without regard to case takes for another.

import t from 'tap'
import { compileShadowing } from '../../../src/core/tokens/shadowed-claims.ts'

const refuse = compileShadowing(['scope', 'user.id', 'k', 'straße', 'a(b'])

t.test('a name that differs only by case, under simple folding, is refused', t => {
  for (const [name, of] of Object.entries({
    ISS: 'iss', Sub: 'sub', eXp: 'exp', iſs: 'iss', Scope: 'scope', ſcope: 'scope', K: 'k', 'User.ID': 'user.id', STRAßE: 'straße', 'A(b': 'a(b'
  })) {
    t.throws(() => { refuse({ other: 1, [name]: 'x' }) }, {
      code: 'ERR_FORCED_CLAIM', message: `claims.${name} differs from ${of} only by case`, details: { field: `claims.${name}`, rule: 'shadowed-claims' }
    }, name)
  }
  t.end()
})

t.test('exact names, and those that only resemble one, are not', t => {
  for (const name of ['iss', 'scope', 'user.id', 'userXid', 'issuer', 'is', 'ıss', 'STRASSE', 'iss\n']) {
    t.doesNotThrow(() => { refuse({ [name]: 'x' }) }, name)
  }
  t.end()
})
