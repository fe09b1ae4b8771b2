// A JSON Schema's first mismatch is worded for the person who wrote the request.

import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
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
  t.match(await faultsOf(() => compileSchema({ $async: true, type: 'object' })), [{ problem: /asynchronous/ }], 'its promise would be taken for a match')
})

t.test('an $id is taken again, as by a reload or a second profile, each time with the meaning of its own schema', async t => {
  const schema = (type: string): object => ({ $id: 'https://hospital.org/claims', type })
  const [text, again, number] = [compileSchema(schema('string')), compileSchema(schema('string')), compileSchema(schema('number'))]
  for (const check of [text, again]) {
    t.equal(check('a'), undefined)
    t.strictSame(check(1), { path: '', message: 'must be string' })
  }
  t.equal(number(1), undefined)
  t.strictSame(number('a'), { path: '', message: 'must be number' })
})

t.test('the $id of a schema that was refused is taken once it is corrected', async t => {
  const $id = 'https://hospital.org/refused'
  t.match(await faultsOf(() => compileSchema({ $id, type: 'nothing' })), [{ problem: /schema is invalid/ }])
  t.equal(compileSchema({ $id, type: 'string' })('a'), undefined)
})

t.test('references of a schema into itself resolve, each time that it is compiled', async t => {
  const $id = 'https://hospital.org/tree'
  const schema = (type: string): object => ({
    $id,
    type: 'object',
    properties: {
      local: { $ref: '#/definitions/leaf' },
      absolute: { $ref: `${$id}#/definitions/leaf` },
      inner: { $ref: 'https://hospital.org/inner' },
      self: { $ref: $id }
    },
    definitions: { leaf: { type }, inner: { $id: 'https://hospital.org/inner', type } }
  })
  for (const [type, good, bad] of [['string', 'a', 1], ['number', 1, 'a']] as const) {
    const check = compileSchema(schema(type))
    for (const name of ['local', 'absolute', 'inner']) {
      t.equal(check({ self: { [name]: good } }), undefined, `${type}, ${name}`)
      t.strictSame(check({ self: { [name]: bad } }), { path: `self.${name}`, message: `must be ${type}` })
    }
  }
})

t.test('a reference into another schema does not resolve', async t => {
  compileSchema({ $id: 'https://hospital.org/other', type: 'string' })
  const faults = await faultsOf(() => compileSchema({ $ref: 'https://hospital.org/other' }))
  t.match(faults, [{ problem: /can't resolve reference https:\/\/hospital\.org\/other/ }])
})

t.test('a schema that nobody uses any more is not kept', async t => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const compileAndForget = (): WeakRef<object> => {
    const schema = { type: 'string' }
    compileSchema(schema)
    return new WeakRef(schema)
  }
  const forgotten = compileAndForget()
  await setImmediate() // a weak reference holds its object to the end of the turn that made it
  collectGarbage()
  t.equal(forgotten.deref(), undefined)
})
