// SIGHUP is harmless from the first moment in which the program runs, and is heard once somebody listens.

import t from 'tap'
import { onHangup } from '../../src/hangup.ts'

t.test('SIGHUP does nothing until somebody listens', async t => {
  let heard = 0
  process.emit('SIGHUP')
  onHangup(() => { heard++ })
  process.emit('SIGHUP')
  t.equal(heard, 1)
})
