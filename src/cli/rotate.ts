// jwksd rotate: the next due step of a set's rotation, and the plan with its dates. Safe in cron: what is not due is
// not done, and what is done is not done again.

import { Command } from 'commander'
import type { Step } from '../core/keys/rotation.ts'
import { type Entry, makeTimetable } from '../core/keys/timetable.ts'
import { loadSettings } from '../state/load.ts'
import { rotateSet } from '../keystore/rotate.ts'
import { argument } from './argument.ts'
import { type Io, presentConfig } from './io.ts'
import { formatTime, parseDuration } from '../core/time.ts'

interface Options { config?: string, lead?: number, now?: true, dryRun?: true, force?: true, json?: true }

const FORCE = 'accept a lead that is too short: until its cache ends, a vendor that has not seen the new key refuses every token'

export function rotateCommand (io: Io): Command {
  return new Command('rotate')
    .description('do the next due step of a rotation and print the plan; safe to repeat')
    .argument('<set>', 'name of the set')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--now', 'begin a rotation although the schedule says later; the lead is kept')
    .option('--lead <duration>', 'publish the new key so long before it signs (default: the set\'s lead)', argument(parseDuration))
    .option('--dry-run', 'print what would be done')
    .option('--force', FORCE)
    .option('--json', 'result as JSON')
    .action(async (set: string, options: Options) => { await rotate(io, set, options) })
}

async function rotate ({ env, clock, stdout, stderr }: Io, name: string, options: Options): Promise<void> {
  const { config, lead, now: begin, dryRun, force, json } = options
  const now = clock()
  const settings = await loadSettings(presentConfig(config, env), env, now)
  const { set, done, next } = await rotateSet(name, settings, { env, now, lead, begin, force, dryRun })
  const plan = makeTimetable(set, dryRun ? [...done, ...next] : next, now)
  if (json) {
    stdout.write(JSON.stringify({ set: name, dryRun: dryRun ?? false, done: done.map(describe), plan: plan.map(entry => ({ ...entry, at: formatTime(entry.at) })) }) + '\n')
    return
  }
  const verb = dryRun ? 'would be done now' : 'done'
  const did = done.map(step => `${verb}: ${WORDS[step.do](step.do === 'generate' ? step.name : `${step.key.kid} (${step.key.file})`)}\n`).join('')
  stdout.write(did || 'nothing is due\n')
  stdout.write(`plan for ${name}:\n${plan.map(entry => `  ${formatTime(entry.at)}  ${wordEntry(entry)}\n`).join('')}`)
  if (force) stderr.write(`hint: ${FORCE}\n`)
}

function describe (step: Step): object {
  return step.do === 'generate'
    ? { do: step.do, alg: step.alg, file: step.name, activates: formatTime(step.activates) }
    : { do: step.do, kid: step.key.kid, file: step.key.file }
}

const WORDS: Record<Entry['event'], (key: string) => string> = {
  generate: key => `make and publish ${key}`,
  advance: key => `let ${key} sign from now on: nothing else does since a key was revoked`,
  activate: key => `${key} begins to sign`,
  deactivate: key => `${key} signs no longer and stays published`,
  remove: key => `${key} leaves the JWK Set`,
  destroy: key => `destroy ${key}, private half and all (rotate does it)`
}

function wordEntry ({ event, kid, file }: Entry): string {
  return WORDS[event](kid === undefined ? file : `${kid} (${file})`)
}
