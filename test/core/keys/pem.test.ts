// PEM text is split into its blocks and the text above them.

import t from 'tap'
import { splitPem } from '../../../src/core/keys/pem.ts'
import { faultsOf } from '../../support/faults.ts'

t.test('RFC 7468: blocks are told apart; a cut one is refused', async t => {
  const block = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`
  const { preamble, blocks } = splitPem('k.pem', 'above\n' + block('A') + 'between\n' + block('B'))
  t.equal(preamble, 'above\n')
  t.strictSame(blocks, [{ label: 'A', text: block('A') }, { label: 'B', text: block('B') }])
  t.match(await faultsOf(() => splitPem('k.pem', 'no block')), [{ problem: /no PEM block/ }])
  t.match(await faultsOf(() => splitPem('k.pem', '-----BEGIN A-----\nAAAA\n-----END B-----\n')), [{ problem: /cut short/ }])
})
