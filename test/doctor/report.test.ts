// Reports: the order, the summary, and that nothing from outside can change a terminal or a ticket.

import t from 'tap'
import type { Finding } from '../../src/doctor/finding.ts'
import { countFindings, hasFault, renderJson, renderMarkdown, renderText } from '../../src/doctor/report.ts'

const FINDINGS: Finding[] = [
  { check: 'port', level: 'ok', seen: '443' },
  { check: 'cookies', level: 'warning', seen: 'session', why: 'caches keep no answer with a cookie' },
  { check: 'redirect', level: 'fault', seen: '301', why: 'Epic follows none', source: 'reports', hint: 'serve the set here', vendorTerm: 'jwks_url_inaccessible' },
  { check: 'bare', level: 'fault', seen: 'x' }
]
const plain = { width: 60, paint: (_color: string, text: string) => text }

t.test('faults first, then warnings, then what is well', async t => {
  t.equal(renderText('https://a.example/', FINDINGS, plain), `https://a.example/

fault    redirect  301
         Epic follows none (reports) The vendor's term:
         jwks_url_inaccessible
         hint: serve the set here
fault    bare      x
warning  cookies   session
         caches keep no answer with a cookie
ok       port      443

2 faults, 1 warning, 1 ok. Correct the faults: a client would fail.
`)
  const painted = renderText('x', FINDINGS, { width: 20, paint: (color, text) => `<${color}>${text}` })
  t.match(painted, /<red>fault.*\n[^]*<dim>[^]*<yellow>warning[^]*<green>ok/)
  t.match(renderText('x', [], plain), /^x\n\n\n0 faults, 0 warnings, 0 ok. No fault found.\n$/)
})

t.test('JSON has every finding, and says whether there is a fault', async t => {
  const { subject, fault, findings } = JSON.parse(renderJson('https://a.example/', FINDINGS))
  t.equal(subject, 'https://a.example/')
  t.equal(fault, true)
  t.strictSame(findings.map(({ check }: Finding) => check), ['redirect', 'bare', 'cookies', 'port'])
  t.strictSame(findings[0], FINDINGS[2])
  t.notOk(hasFault(FINDINGS.slice(0, 2)))
  t.equal(countFindings(FINDINGS), '2 faults, 1 warning, 1 ok')
})

t.test('Markdown is a table of what is wrong', async t => {
  const text = renderMarkdown('https://a.example/', FINDINGS)
  t.match(text, '| **fault** `redirect` | 301 | Epic follows none (reports) | serve the set here |')
  t.match(text, 'Nothing wrong with: `port`')
  t.equal(renderMarkdown('x', []), '**jwksd check** x\n\n0 faults, 0 warnings, 0 ok. No fault found.\n')
})

t.test('texts from outside are harmless', async t => {
  const seen = '\u001b[31m<img src=x>|`a`\n\u202e' + 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.c2ln'
  const bad: Finding[] = [{ check: 'kid', level: 'fault', seen }]
  // eslint-disable-next-line no-control-regex
  for (const text of [renderText('x', bad, plain), renderMarkdown('x', bad), renderJson('x', bad)]) t.notMatch(text, /\u001b|\u202e|eyJ/)
  t.match(renderMarkdown('x', bad), '&lt;img src=x>\\|\\`a\\`')
})
