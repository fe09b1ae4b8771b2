// Turns at /sign: so many at a time, in turn among the clients, and nobody waits for ever.

import { EventEmitter } from 'node:events'
import { setImmediate as tick } from 'node:timers/promises'
import t from 'tap'
import { Turns } from '../../src/signing/turns.ts'

function ask (turns: Turns, order: string[]) {
  return (client: string, name: string) => {
    const response = new EventEmitter()
    const taken = turns.take(client, response).then(() => { order.push(name) }, (error: Error & { code: string }) => { order.push(`${name} ${error.code}`) })
    return { taken, close: () => response.emit('close') }
  }
}

t.test('a client has half of the places, and clients take turns', async t => {
  const order: string[] = []
  const request = ask(new Turns({ places: 4 }), order)
  const busy = ['a1', 'a2', 'a3', 'a4', 'a5'].map(name => request('a', name))
  await tick()
  t.strictSame(order, ['a1', 'a2'], 'the other half stays free')
  const [b1, b2] = [request('b', 'b1'), request('b', 'b2')]
  await tick()
  t.strictSame(order, ['a1', 'a2', 'b1', 'b2'])
  const [b3, b4] = [request('b', 'b3'), request('b', 'b4')]
  for (const { close } of [busy[0]!, b1, busy[1]!, b2]) {
    close()
    await tick()
  }
  t.strictSame(order.slice(4), ['a3', 'b3', 'a4', 'b4'])
  for (const { close } of [...busy.reverse(), b3, b4]) close()
  await tick()
  t.strictSame(order.slice(8), ['a5 ERR_BUSY'], 'the caller is gone before its turn')
  request('a', 'a6')
  await tick()
  t.equal(order.at(-1), 'a6', 'every place is free again')
})

t.test('a request that waits too long is refused, and its place in the row is given up', async t => {
  const order: string[] = []
  const request = ask(new Turns({ places: 2, patience: 20 }), order)
  const first = request('a', 'first')
  const late = request('a', 'late')
  await late.taken
  t.strictSame(order, ['first', 'late ERR_BUSY'])
  first.close()
  late.close()
  await request('a', 'next').taken
  t.equal(order.at(-1), 'next')
})
