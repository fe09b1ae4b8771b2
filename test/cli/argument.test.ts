// Parsers as options take them: a fault is wrong usage with its hint, anything else goes on as it is.

import { InvalidArgumentError } from 'commander'
import t from 'tap'
import { argument } from '../../src/cli/argument.ts'
import { parseDuration } from '../../src/core/time.ts'

t.test('a value is parsed; a fault becomes wrong usage', async t => {
  t.equal(argument(parseDuration)('4m'), 240)
  t.throws(() => argument(parseDuration)('4'), new InvalidArgumentError('It is a number without a unit: 4\nhint: give a unit: 4s'))
})

t.test('an error that is no fault is not hidden', async t => {
  t.throws(() => argument(() => { throw new TypeError('bug') })('x'), TypeError)
})
