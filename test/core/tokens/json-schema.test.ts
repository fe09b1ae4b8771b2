// A JSON Schema's first mismatch is worded for the person who wrote the request.

import t from 'tap'
import { compileSchema } from '../../../src/core/tokens/json-schema.ts'
import { faultsOf } from '../../support/faults.ts'

t.test('the first mismatch, with the path of its member', async t => {
  const check = compileSchema({
    type: 'object',
    properties: { 'a/b': { type: 'object', required: ['c'], properties: { c: { type: 'string' } } } },
    additionalProperties: false
  })
  t.equal(check({ 'a/b': { c: 'x' } }), undefined)
  t.strictSame(check({ d: 1 }), { path: 'd', message: 'is not a member that is taken' })
  t.strictSame(check({ 'a/b': {} }), { path: 'a/b.c', message: 'is missing' })
  t.match(check({ 'a/b': { c: 1 } }), { path: 'a/b.c', message: 'must be string' })
})

t.test('what is no schema is a fault', async t => {
  t.match(await faultsOf(() => compileSchema({ type: 'nothing' })), [{ problem: /is not a JSON Schema/, hint: /draft 7/ }])
})
