// jwksd presets: the list, one preset with sources and a decoded token.

import t from 'tap'
import { presetsCommand } from '../../src/cli/presets.ts'
import { presets } from '../../src/presets/index.ts'
import { runProgram } from '../support/program.ts'
import { faultsOf } from '../support/faults.ts'
import { deploy } from '../support/deployment.ts'

/** Runs the command in this process. */
async function run (...args: string[]): Promise<string> {
  let out = ''
  const stdout = { write: (text: string) => { out += text } }
  const io = { env: {}, stdin: (async function * () {})(), stdout, stderr: { write: () => {} }, clock: () => 1_795_380_000 }
  await presetsCommand(io).parseAsync(args, { from: 'user' })
  return out
}

t.test('--markdown is the list as a table', async t => {
  const table = await run('--markdown')
  for (const name of presets.keys()) t.match(table, `| \`${name}\` |`)
})

t.test('the list names every preset', async t => {
  const { code, stdout } = await runProgram(['presets'], { cwd: t.testdir() })
  t.equal(code, 0)
  for (const name of presets.keys()) t.match(stdout, name)
  t.strictSame(JSON.parse(await run('--json')).map(({ name }: { name: string }) => name), [...presets.keys()])
  t.match(await run('--markdown'), /^\| preset \|/)
})

for (const [name, preset] of presets) {
  t.test(`${name}: rules, sources, an example and its token`, async t => {
    const { rules, sections, example } = JSON.parse(await run(name, '--json'))
    t.equal(rules.length, preset.rules.length)
    t.strictSame(sections.map(({ id }: { id: string }) => id), ['key', 'alg', 'header', 'form', 'time'])
    t.equal(example.token.header.alg, preset.alg.oneOf[0])
    t.ok(example.token.token ?? example.token.jws)
  })
}

t.test('as text: rules and sources, and the token decoded', async t => {
  const text = await run('epic')
  for (const { id, source } of presets.get('epic')!.rules) t.ok(text.includes(id) && text.includes(source), id)
  t.match(text, 'Result, decoded:')
  t.match(await run('oracle-flattened-jws'), 'nothing: any payload is signed')
})

t.test('what is not verified says so, and presets of a configuration are listed too', async t => {
  t.notMatch(await run('snowflake'), /not verified|Advice/)
  t.match(await run('smart-health-cards'), /sets nbf, exp only on request, at most 3650d/)
  t.match(await run('salesforce'), /Advice, never enforced:\n {2}exp lies at most three minutes ahead\n {4}source: \w/)
  t.match(JSON.parse(await run('salesforce', '--json')), { advice: [{ text: /three minutes/ }] })
  t.match(await faultsOf(async () => await run('nobody')), [{ where: 'nobody', hint: /epic/ }])
  const { title, key, alg, header, form, time, rules, example } = JSON.parse(JSON.stringify((await import('../../src/presets/jwt.ts')).jwt))
  const { file } = await deploy(t, { config: { presets: { mine: { title: `${title} of mine`, key: { ...key, verified: false }, alg, header, form, time, rules, example } } } })
  t.match(await run('--config', file), 'mine')
  const mine = await run('mine', '--config', file)
  t.match(mine, 'of mine')
  t.match(mine, '(not verified)')
})
