// jwksd presets: what each vendor requires, the sources, and what a token for it looks like. The example is signed with a
// temporary key.

import { Command, Option } from 'commander'
import { type Preset, SERVER_CLAIMS, type Sourced } from '../core/tokens/preset.ts'
import { loadSettings } from '../state/settings.ts'
import { signExample } from './example.ts'
import { presets } from '../presets/index.ts'
import { findPreset } from './find-preset.ts'
import type { Io } from './io.ts'
import { formatDuration } from '../core/time.ts'

interface Options { config?: string, json?: true, markdown?: true }

export function presetsCommand (io: Io): Command {
  return new Command('presets')
    .argument('[name]', 'one preset')
    .option('-c, --config <file>', 'configuration whose own presets to list too')
    .option('--json', 'result as JSON')
    .addOption(new Option('--markdown', 'the list as a table in Markdown').conflicts('json'))
    .action(async (name: string | undefined, options: Options) => { await showPresets(io, name, options) })
}

async function showPresets ({ env, clock, stdout }: Io, name: string | undefined, { config, json, markdown }: Options): Promise<void> {
  const { presets: known = presets } = await loadSettings(config, env, clock())
  if (name === undefined) {
    const list = [...known.values()]
    stdout.write(json ? JSON.stringify(list.map(summarize)) + '\n' : markdown ? presetTable(list) : listOf(list))
    return
  }
  const preset = findPreset(name, known)
  const example = await signExample(preset, clock())
  stdout.write(json ? JSON.stringify({ ...fieldsOfPreset(preset), example }) + '\n' : tell(preset, example))
}

const PLACES = { 'jwks-url': 'JWKS URL', jwk: 'JWK', pem: 'PEM', certificate: 'X.509 certificate', vendor: 'made by the vendor' } as const

/** The columns of the list of presets. */
function summarize ({ name, title, key, alg, header, form, time }: Preset): Record<string, string> {
  const { unprotected = {} } = header
  const free = Object.keys(unprotected).map(member => `${member} (unprotected)`)
  const { zip, b64 } = header.protected
  return {
    name,
    title,
    alg: alg.oneOf.join(', '),
    header: ['alg', ...Object.keys(header.protected), ...free].join(', '),
    form: [form.serialization, ...(b64 === false ? ['unencoded'] : []), ...(zip ? ['deflated'] : [])].join(', '),
    signs: form.payload === 'claims' ? 'claims' : form.payload.join(', '),
    longest: time.set.includes('exp') || time.expOnRequest ? time.ttl.max === undefined ? 'the profile\'s' : formatDuration(time.ttl.max) : 'no exp',
    key: PLACES[key.given]
  }
}

/** The sections that jwksd maintains, with their content. */
function sectionsOf ({ key, alg, header, form, time }: Preset): Array<Sourced & { id: string, text: string }> {
  const members = ({ protected: inside, unprotected }: Preset['header']): string =>
    `${['alg', ...Object.keys(inside)].join(', ')} and no other${unprotected ? `; unprotected: ${Object.keys(unprotected).join(', ')}` : ''}`
  const most = time.ttl.max === undefined ? '' : `, at most ${formatDuration(time.ttl.max)}`
  const life = time.set.includes('exp')
    ? `, life ${formatDuration(time.ttl.default)}${most}`
    : time.expOnRequest ? `, exp only on request${most}` : ', no exp'
  const texts = {
    key: `given as ${PLACES[key.given]}${key.kid === undefined ? '' : key.kid === 'assigned' ? ', kid assigned by the vendor' : `, kid by ${key.kid}`}`,
    alg: alg.oneOf.join(', '),
    header: members(header),
    form: `${form.serialization}, signs ${form.payload === 'claims' ? 'claims' : `a payload: ${form.payload.join(', ')}`}`,
    time: `sets ${time.set.join(', ') || 'nothing'}${life}${time.backdate === undefined ? '' : `, backdated ${formatDuration(time.backdate)}`}`
  }
  const sections = Object.entries({ key, alg, header, form, time })
  return sections.map(([id, { source, verified }]) => ({ id, text: texts[id as keyof typeof texts], source, verified }))
}

function fieldsOfPreset (preset: Preset): object {
  const rules = preset.rules.map(({ check: _check, checkAll: _all, fill: _fill, ...rule }) => rule)
  const { allowed, advice = [] } = preset
  return { ...summarize(preset), sections: sectionsOf(preset), ...(allowed && { allowed }), rules, advice }
}

function tell (preset: Preset, { request, token }: Awaited<ReturnType<typeof signExample>>): string {
  const line = ({ id, text, source, verified }: Sourced & { id: string, text: string }): string =>
    `  ${id.padEnd(22)}${text}\n  ${''.padEnd(22)}source: ${source}${verified ? '' : ' (not verified)'}\n`
  const lineOf = ({ claim, text, ...rule }: Preset['rules'][number]): string => line({ ...rule, text: `${claim} ${text}` })
  const isServers = ({ claim }: Preset['rules'][number]): boolean => (SERVER_CLAIMS as readonly string[]).includes(claim)
  const rules = preset.rules.filter(rule => !isServers(rule)).map(lineOf)
  const advice = (preset.advice ?? []).map(({ text, source }) => `  ${text}\n    source: ${source}\n`)
  return `${preset.name}: ${preset.title}

What jwksd keeps by itself:
${[...sectionsOf(preset).map(line), ...preset.rules.filter(isServers).map(lineOf)].join('')}
What a request must keep, or get 422:
${rules.join('') || '  nothing: any payload is signed\n'}${advice.length > 0 ? `\nAdvice, never enforced:\n${advice.join('')}` : ''}${preset.allowed ? `\nClaims that callers may send: ${preset.allowed.join(', ')}\n` : ''}
Example: POST /sign
${JSON.stringify(request, null, 2)}

Result, decoded:
${JSON.stringify(token, null, 2)}
`
}

function listOf (presets: readonly Preset[]): string {
  const rows = presets.map(summarize).map(({ name, title, alg, longest }) => `${name!.padEnd(26)}${title!.padEnd(52)}${longest!.padEnd(15)}${alg}\n`)
  return `${'NAME'.padEnd(26)}${'SYSTEM'.padEnd(52)}${'LONGEST LIFE'.padEnd(15)}ALG\n${rows.join('')}`
}

/** The presets as a table in Markdown. */
/** The list as a table in Markdown. */
export function presetTable (presets: readonly Preset[]): string {
  const rows = presets.map(preset => {
    const { name, title, alg, header, form, signs, longest, key } = summarize(preset)
    return `| \`${name}\` | ${[title, alg, header, `${form}; ${signs}`, longest, key].join(' | ')} |\n`
  })
  return `| preset | system | alg | header | form; signs | longest life | key given as |\n|---|---|---|---|---|---|---|\n${rows.join('')}`
}
