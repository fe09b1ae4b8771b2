// SIGHUP before and after somebody listens to it.

import t from 'tap'
import { onHangup } from '../../src/server/hangup.ts'

t.test('SIGHUP does nothing until somebody listens, then calls', async t => {
  process.emit('SIGHUP')
  let heard = 0
  onHangup(() => { heard++ })
  process.emit('SIGHUP')
  t.equal(heard, 1)
})
