// jwksd rotate: the next due step of a set's rotation, and the plan with its dates. Safe in cron: what is not due is
// not done, and what is done is not done again.

import { Command, Option } from 'commander'
import type { Step } from '../core/keys/rotation.ts'
import { earliestOf, findHeldKeys, type HeldKey } from '../core/keys/gate.ts'
import type { KeySet } from '../core/keys/key-set.ts'
import { type Entry, makeTimetable } from '../core/keys/timetable.ts'
import { formatRelative, formatTime, parseDuration } from '../core/time.ts'
import { handoversOf } from '../keystore/plan.ts'
import { readKeySet, type Rotated, rotateSet, type Settings } from '../keystore/rotate.ts'
import { loadSettings } from '../state/settings.ts'
import { argument } from './argument.ts'
import { fieldsOfHeldKey, readFetches, wordHeldKey } from './held-keys.ts'
import { type Io, presentConfig } from './io.ts'

interface Options { config?: string, lead?: number, every?: number, begin?: true, now?: true, dryRun?: true, force?: true, json?: true }

const FORCE = 'accept a lead that is too short, or consumers that lack a held key: until its cache ends, a vendor that has not seen the new key refuses every token'

export function rotateCommand (io: Io): Command {
  return new Command('rotate')
    .argument('<set>', 'name of the set')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--begin', 'begin a rotation now, whatever the age of the key; the lead is kept')
    .addOption(new Option('--now').hideHelp()) // the former name of --begin
    .option('--every <duration>', 'begin a rotation when the key has this age, such as 90d (default: the set\'s rotation.every)', argument(parseDuration))
    .option('--lead <duration>', 'publish the new key so long before it signs (default: the set\'s lead)', argument(parseDuration))
    .option('--dry-run', 'print what would be done')
    .option('--force', FORCE)
    .option('--json', 'result as JSON')
    .action(async (set: string, options: Options) => { await rotate(io, set, options) })
}

async function rotate (io: Io, name: string, options: Options): Promise<void> {
  const { env, clock, stdout, stderr } = io
  const { config, lead, every, begin = options.now, dryRun = false, force, json } = options
  const now = clock()
  const settings = await loadSettings(presentConfig(config, env), env, now)
  const before = settings.publish?.verify ? [await readKeySet(name, settings, env, true)] : []
  const fetches = await readFetches(io, settings, before)
  const rotated = await rotateSet(name, settings, { env, now, lead, every, begin, force, dryRun, fetches })
  const { set, done, waiting, next } = rotated
  const held = findHeldKeys(set, fetches)
  const plan = makeTimetable(set, dryRun ? [...done, ...waiting, ...next] : [...waiting, ...next], settings.reload, now)
  if (json) {
    const steps = { done: done.map(fieldsOfStep), waiting: waiting.map(fieldsOfStep) }
    const dated = plan.map(entry => ({ ...entry, at: formatTime(entry.at) }))
    stdout.write(JSON.stringify({ set: name, dryRun, ...steps, held: held.map(fieldsOfHeldKey), plan: dated }) + '\n')
    return
  }
  stdout.write(wordSteps(rotated, { name, dryRun, now, held }) + held.map(one => wordHeldKey(one, name, now)).join(''))
  if (plan.length > 0) stdout.write(`plan for ${name}:\n${plan.map(entry => `  ${wordEntry(entry, set, now)}\n`).join('')}`)
  if (!dryRun) stdout.write(wordHandovers(rotated, settings, now))
  if (force) stderr.write(`hint: ${FORCE}\n`)
}

function wordSteps (
  { done, waiting, next, restored }: Rotated,
  { name, dryRun, now, held }: { name: string, dryRun: boolean, now: number, held: readonly HeldKey[] }
): string {
  const word = (step: Step): string => WORDS[step.do](step.do === 'generate' ? step.name : `${step.key.kid} (${step.key.file})`)
  const lines = [
    ...restored.map(file => `put back: ${file}, which a wrong clock had removed`),
    ...done.map(step => `${dryRun ? 'would be done now' : 'done'}: ${word(step)}`),
    ...waiting.map(step => `due: ${word(step)}; the next run does it, since nothing is destroyed because of the clock only`)
  ]
  const isHeld = next.length === 0 && held.length > 0
  if (done.length + waiting.length > 0 || isHeld) return lines.map(line => line + '\n').join('')
  const soonest = Math.min(...next.map(({ at }) => at))
  const idle = soonest < Infinity
    ? `nothing is due until ${formatTime(soonest)} (${formatRelative(soonest - now)})`
    : `nothing is due, and no rotation is under way; begin one with: jwksd rotate ${name} --begin, or by age: --every 90d`
  return [...lines, idle].map(line => line + '\n').join('')
}

/** What must be done manually about a key that waits. */
function wordHandovers ({ set }: Rotated, settings: Settings, now: number): string {
  const pending = set.keys.filter(key => earliestOf(key) > now)
  return pending.flatMap(key => handoversOf(set, settings).map(({ vendor, profile }) =>
    `send ${vendor} (profile ${profile}) the new key before ${formatTime(earliestOf(key))} (${formatRelative(earliestOf(key) - now)}): jwksd export ${key.kid} --pem\n`)).join('')
}

function fieldsOfStep (step: Step): object {
  if (step.do === 'destroy') return { do: step.do, kid: step.key.kid, file: step.key.file }
  const activates = step.activates < Infinity ? formatTime(step.activates) : null
  return step.do === 'generate'
    ? { do: step.do, alg: step.alg, file: step.name, activates }
    : { do: step.do, kid: step.key.kid, file: step.key.file, activates }
}

const WORDS: Record<Entry['event'], (key: string) => string> = {
  generate: key => `make and publish ${key}`,
  promote: key => `give ${key} its date`,
  advance: key => `let ${key} sign from now on: nothing else does`,
  activate: key => `${key} begins to sign`,
  deactivate: key => `${key} stops signing and stays published`,
  remove: key => `${key} leaves the JWK Set`,
  destroy: key => `destroy ${key}: set aside for a while, then overwritten`
}

function wordEntry ({ at, event, kid, file }: Entry, { gate, publicUrls }: KeySet, now: number): string {
  const conditions = [...gate ? ['every consumer of the gate has fetched it'] : [], ...publicUrls ? ['it has been seen at its public URL'] : []]
  const condition = event === 'promote' ? `, if ${conditions.join(' and ')}` : ''
  return `${formatTime(at)}  ${formatRelative(at - now).padStart(11)}  ${WORDS[event](kid === undefined ? file : `${kid} (${file})`)}${condition}`
}
