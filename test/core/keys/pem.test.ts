// PEM text is split into its blocks and the text above them.

import t from 'tap'
import { splitPem } from '../../../src/core/keys/pem.ts'
import { faultsOf } from '../../support/faults.ts'

t.test('RFC 7468: blocks are told apart; a cut one is refused', async t => {
  const block = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`
  const { preamble, blocks, rest } = splitPem('k.pem', 'above\n' + block('A') + 'between\n' + block('B'))
  t.equal(preamble, 'above\n')
  t.strictSame(blocks, ['A', 'B'].map(label => ({ label, text: block(label), base64: 'AAAA\n' })))
  t.equal(rest, '\nbetween\n\n\n')
  t.match(splitPem('k.pem', block('ML-DSA-65 KEY') + block('X!~ Y')).blocks, [{ label: 'ML-DSA-65 KEY' }, { label: 'X!~ Y' }], 'any label of RFC 7468')
  t.match(await faultsOf(() => splitPem('k.pem', 'no block')), [{ problem: /no PEM block/ }])
  t.match(await faultsOf(() => splitPem('k.pem', '-----BEGIN A-----\nAAAA\n-----END B-----\n')), [{ problem: /cut short/ }])
})

t.test('damaged text: what was done to it, and the command that takes it', async t => {
  const pem = '-----BEGIN X-----\nAAAA\n-----END X-----\n'
  const damages: Array<[string, RegExp]> = [
    [pem.replaceAll('\n', '\\n'), /line ends are the two characters "\\n"/],
    [JSON.stringify(pem), /two characters "\\n"/],
    [pem.replaceAll('\n', ' '), /all on one line/],
    [pem.replaceAll(/^/gm, '    '), /lines are indented/],
    [`"${pem}"`, /in quotes/],
    [`'${pem.trim()}'`, /in quotes/]
  ]
  for (const [text, problem] of damages) {
    t.match(await faultsOf(() => splitPem('keys/k.pem', text)), [{ where: 'keys/k.pem', problem, hint: 'jwksd import keys/k.pem' }], text)
    t.match(await faultsOf(() => splitPem('c.crt', text, 'certificate')), [{ problem, hint: /as it was issued/ }])
  }
  t.match(await faultsOf(() => splitPem('it\'s.pem', damages[0]![0])), [{ hint: "jwksd import 'it'\\''s.pem'" }])
  t.match(await faultsOf(() => splitPem('c.crt', pem.trim() + pem)), [{ problem: /joined without a line end/, hint: /put a line end/ }])
  t.match(await faultsOf(() => splitPem('c.crt', '', 'certificate')), [{ problem: /no PEM block/, hint: /-----BEGIN CERTIFICATE-----/ }])
})
