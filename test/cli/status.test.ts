// jwksd status: what is drawn and listed of keys in every state, and what is wrong with the files.

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { statusCommand } from '../../src/cli/status.ts'
import type { Paint } from '../../src/cli/color.ts'
import { drawTimeLine } from '../../src/cli/time-line.ts'
import { makeKeySet } from '../../src/core/keys/make-key-set.ts'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'
import { formatTime } from '../../src/core/time.ts'

const HOUR = 3600
const plain: Paint = (_color, text) => text
const dated = (activates: number, more = ''): string => `# activates: ${formatTime(activates)}\n# kid: key-at-${activates - NOW}\n${more}${privatePem('P-256')}`
const FIVE = {
  'a.pem': dated(NOW - 90 * 86400),
  'b.pem': dated(NOW - 60 * 86400),
  'c.pem': dated(NOW - HOUR),
  'd.pem': dated(NOW + 20 * HOUR),
  'e.pem': dated(NOW + HOUR, `# revoked: ${formatTime(NOW)}\n`)
}

t.test('a key in every state, as table, time line and JSON', async t => {
  const { file } = await deploy(t, { keys: FIVE, config: { sets: { default: { rotation: { every: '90d' } } } } })
  const { code, stdout } = await runCommand(statusCommand, ['--config', file])
  t.equal(code, 0)
  const lines = stdout.split('\n')
  t.match(lines[0], /^All well\. Next: the new default key signs \w{3} \d+ \w{3} \d\d:\d\d UTC \(in 20 h\)\.$/)
  t.equal(lines[2], 'set default: max-age 10m, lead 30h, retire 1d, rotation every 90d')
  t.match(stdout, /^key-at--5184000 +ES256 {2}deactivated +leaves \d{4}-\d\d-\d\d \d\d:\d\dZ, in 23 h\n {2}\S*b.pem$/m, 'files below, where there is no room beside')
  t.match(stdout, /^key-at--7776000 .*destroyed +left .*, 59 days ago$/m)
  t.match(stdout, /^key-at--3600 .*active +signs until .*, in 20 h$/m)
  t.match(stdout, /^key-at-72000 .*pre-activation +signs from .*, in 20 h$/m)
  t.match(stdout, /^key-at-3600 .*compromised +revoked .*, now$/m)
  const drawn = lines.slice(lines.findIndex(line => line.includes('▼ now')))
  t.match(drawn[1], /^key-at--5184000 {3}█*▒+$/)
  t.match(drawn[2], /^key-at--3600 {6} *█+▒+$/)
  t.match(drawn[3], /^key-at-72000 {6} *░+█+$/)
  t.match(drawn[4], /^ {18}│\d\d-\d\d \d\d:\d\d +│.* UTC$/)
  const now = drawn[0]!.indexOf('▼')
  t.strictSame([drawn[1]![now], drawn[2]![now], drawn[3]![now]], ['▒', '█', '░'], 'the states stand under the word now')
  t.match(drawn[3]!.slice(18, now), /^ *$/, 'nothing is drawn of a past that no file shows')
  for (const line of drawn) t.ok(line.length <= 80, `fits a terminal: ${line.length} columns`)

  const { summary, sets, faults } = JSON.parse((await runCommand(statusCommand, ['default', '--config', file, '--json'])).stdout)
  t.strictSame(faults, [])
  t.equal(summary, lines[0])
  t.match(sets, [{ set: 'default', maxAge: 600, keys: [{}, {}, {}, {}, {}] }])
  t.strictSame(sets[0].keys.map(({ state }: { state: string }) => state), ['destroyed', 'deactivated', 'active', 'compromised', 'pre-activation'])
  t.match(sets[0].keys[4], { kid: 'key-at-72000', activates: formatTime(NOW + 20 * HOUR), deactivates: null, removed: null, revoked: null, private: true })
  t.ok(sets[0].ahead.length > 3)
})

t.test('a held key: who lacks it is in the table, below it and in the sentence on top', async t => {
  const gate = {
    sets: { default: { gate: { consumers: ['epic'] } } }, consumers: { epic: { set: 'default', userAgent: 'Epic' } }, ledger: { file: 'ledger.json' }
  }
  const held = `# activates: held since ${formatTime(NOW - HOUR)}, not before ${formatTime(NOW + HOUR)}\n# kid: next\n${privatePem('P-256')}`
  const { file } = await deploy(t, { keys: { 'a.pem': dated(NOW - 90 * 86400), 'b.pem': held }, config: gate })
  const { stdout } = await runCommand(statusCommand, ['--config', file])
  t.match(stdout, /^All well. The new default key is held: epic lacks it.\n/)
  t.match(stdout, /^next +ES256 {2}pre-activation {2}held since .*, 60 min ago$/m)
  t.match(stdout, /^held: next since .*\n {2}epic lacks it \(has not fetched the set yet\)\n {2}deadline .*, in 14 days\n\n +▼ now$/m)
  t.match(stdout, /^next {20,}░+$/m)
  const { sets: [set] } = JSON.parse((await runCommand(statusCommand, ['--config', file, '--json'])).stdout)
  t.match(set, { keys: [{ activates: formatTime(NOW - 90 * 86400), deactivates: null }, { activates: null }], held: [{ kid: 'next', lacks: [{ consumer: 'epic' }] }] })
})

t.test('keys that nothing puts in order are shown, and have no plan', async t => {
  const { file } = await deploy(t, { keys: { 'a.pem': privatePem('P-256'), 'b.pem': privatePem('P-256') }, config: { profiles: {}, clients: {} } })
  const { stdout } = await runCommand(statusCommand, ['--config', file, '--json'])
  t.match(JSON.parse(stdout).sets, [{ ahead: [], keys: [{ state: 'active' }, { state: 'active' }] }])
  t.match((await runCommand(statusCommand, ['--config', file])).stdout, /no successor yet/)
})

t.test('colours on a terminal only, and not with NO_COLOR', async t => {
  const { file } = await deploy(t, { keys: FIVE })
  const show = async (options: { env?: Record<string, string>, screen?: { columns?: number, isTTY?: boolean } }): Promise<string> =>
    (await runCommand(statusCommand, ['--config', file], options)).stdout
  const visible = (text: string): string => text.split('\x1b[').map((part, i) => i === 0 ? part : `<${part.replace('m', 'm>')}`).join('')
  const colored = await show({ screen: { isTTY: true } })
  t.match(visible(colored), /<32m>active<0m> {10}signs until/)
  t.match(visible(colored), /<36m>░+<0m><32m>█+<0m>/)
  const bare = await show({})
  t.equal(visible(colored).replaceAll(/<\d+m>/g, ''), bare, 'and the same text without them')
  t.equal(await show({ screen: { isTTY: true }, env: { NO_COLOR: '1' } }), bare)
  t.equal(await show({ screen: { isTTY: true }, env: { TERM: 'dumb' } }), bare)
  t.match(await show({ screen: { columns: 250 } }), /^key-at-72000 .*in 20 h +\S*d.pem$/m, 'files beside their keys, where there is room')
})

t.test('faults come after what is sound; an unknown set is a fault', async t => {
  const { file, keys } = await deploy(t)
  await writeFile(path.join(keys, 'bad.pem'), 'nonsense')
  const { code, stdout, stderr } = await runCommand(statusCommand, ['--config', file])
  t.match({ code, stdout, stderr }, { code: 1, stdout: /^\S*bad.pem: there is no PEM block.*\n\nset default/, stderr: /bad.pem: there is no PEM block/ })
  t.match(await runCommand(statusCommand, ['nobody', '--config', file]), { code: 1, stderr: /error: nobody: there is no such set\nhint: make its first key with/ })
  t.match(await runCommand(statusCommand, ['defualt', '--config', file]), { code: 1, stderr: /hint: did you mean "default"\? make its first/ })
})

t.test('the time line fits its width, from seconds to years', async t => {
  const key = { ...parseKey('k.pem', privatePem('P-256')), notes: { kid: 'a-kid-that-is-much-longer-than-its-column' } }
  const draw = (lead: number, width: number, now = NOW): string[] =>
    drawTimeLine(makeKeySet('s', [key], { kid: 'thumbprint', maxAge: 1, lead, retire: lead }), now, width, plain).split('\n')
  t.match(draw(10, 80)[2], /^ {18}│\d\d:\d\d:\d\d +│/)
  t.match(draw(86400, 80)[2], /│\d\d-\d\d \d\d:\d\d +│/)
  t.match(draw(400 * 86400, 120)[2], /│\d{4}-\d\d-\d\d +│/)
  t.match(draw(10, 80)[1], /^a-kid-that-is-m… {2}█+$/)
  for (let width = 38; width < 200; width++) {
    for (const lead of [10, 86400, 400 * 86400]) t.ok(draw(lead, width).every(line => line.length <= width), `${width} columns`)
  }
  t.equal(draw(10, 5)[1]!.length, 38, 'a terminal that is too narrow gets twenty columns all the same')
  t.equal(drawTimeLine(makeKeySet('s', [{ ...key, notes: { revoked: NOW } }], { kid: 'thumbprint', maxAge: 1, lead: 1, retire: 1 }), NOW, 80, plain), '')
})
