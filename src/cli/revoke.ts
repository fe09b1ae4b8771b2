// jwksd revoke: a key is compromised. Every copy of it leaves the JWK Sets at the next reload; this command says who may
// trust it for how much longer, since consumers cache a JWK Set, and what to do about that.

import { realpath } from 'node:fs/promises'
import { Command } from 'commander'
import { type Trust, trustAfter } from '../core/keys/consumers.ts'
import { collectFaultsAsync, type Fault, fault, FaultsError } from '../core/errors.ts'
import type { Key } from '../core/keys/key.ts'
import { stateOf } from '../core/keys/key-set.ts'
import { loadSettings } from '../state/settings.ts'
import { explainErrors } from '../keystore/rotate.ts'
import { annotateKey } from '../keystore/apply-step.ts'
import { copiesOf, directoryOf, faultsOf, findKey, readKeySets, type SetKey } from '../keystore/key-sets.ts'
import { type Io, presentConfig } from './io.ts'
import { drawTable } from './status.ts'
import { ask, isInteractive } from './terminal.ts'
import { formatDuration, formatTime } from '../core/time.ts'

interface Options { config?: string, yes?: true, dryRun?: true, json?: true }

export function revokeCommand (io: Io): Command {
  return new Command('revoke')
    .argument('<kid>', 'kid of the key, or its file; its copies in other sets are taken with it')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--yes', 'do not ask for confirmation on a terminal')
    .option('--dry-run', 'print what would be done')
    .option('--json', 'result as JSON')
    .action(async (kid: string, options: Options) => { await revoke(io, kid, options) })
}

/** A copy of the key, when every server has dropped it, and what signs in its place. */
interface Revoked extends SetKey {
  /** NumericDate (seconds). */
  readonly gone: number
  readonly signs: Key | undefined
}

async function revoke (io: Io, name: string, { config, yes, dryRun, json }: Options): Promise<void> {
  const { env, clock, stdout } = io
  const now = clock()
  const settings = await loadSettings(presentConfig(config, env), env, now)
  const found = await readKeySets(settings, env)
  const copies = copiesOf(found, findKey(found, name)[0].key).map(({ set, key }): Revoked =>
    ({ set, key, gone: (key.revoked ?? now) + settings.reload.interval, signs: successorOf({ set, key }, now) }))
  if (!dryRun && !yes && isInteractive(io)) await confirm(io, copies)
  const failed = dryRun ? [] : await annotateAll(copies, settings.keys, now)
  const after = await readKeySets(settings, env)
  const places = new Set(copiesOf(after, copies[0]!.key).filter(({ key }) => key.revoked !== undefined).map(({ set }) => set.name))
  const revoked = dryRun ? copies : copies.filter(({ set }) => places.has(set.name))
  if (revoked.length > 0) {
    stdout.write(json ? JSON.stringify(fieldsOfRevocation(revoked, dryRun)) + '\n' : wordRevocation(revoked, settings.reload.interval, dryRun))
  }
  // A server that finds faults keeps its last good state, the revoked key included.
  const faults = [...failed, ...faultsOf(after)]
  if (faults.length > 0) throw new FaultsError(faults, after.warnings)
}

/** Revokes every copy that can be. @returns why others were not; a link to a file that was revoked is none of them */
async function annotateAll (copies: readonly Revoked[], keys: string, now: number): Promise<Fault[]> {
  const faults: Fault[] = []
  const done = new Set<string>()
  for (const { set, key } of copies.filter(({ key }) => key.revoked === undefined)) {
    const before = faults.length
    await collectFaultsAsync(faults, async () => {
      await explainErrors(directoryOf(keys, set.name), async () => { await annotateKey(key, { revoked: now }) })
    })
    if (faults.length === before) for (const file of [key.file, ...key.otherFiles]) done.add(await realpath(file))
  }
  const places = await Promise.all(faults.map(async ({ where }) => await realpath(where).catch(() => where)))
  return faults.filter((_, i) => !done.has(places[i]!))
}

/** What signs when the key does not: an active key of its alg, or its predecessor, which a revocation makes active again. */
function successorOf ({ set, key }: SetKey, now: number): Key | undefined {
  const without = { ...set, keys: set.keys.map(one => one.spkiSha256 === key.spkiSha256 ? { ...one, revoked: one.revoked ?? now } : one) }
  return without.keys.find(one => one.alg === key.alg && one.privateKey && stateOf(without, one, now) === 'active')
}

/** @throws FaultsError unless the person at the terminal agrees */
async function confirm (io: Io, copies: readonly Revoked[]): Promise<void> {
  for (const { set, key, signs } of copies) {
    io.stderr.write(`${key.kid} (${key.file}), set ${set.name}: ${signs ? `${signs.kid} signs then` : `nothing signs ${key.alg} there then`}\n`)
  }
  const answer = await ask(io, 'Revoke it now? [y/N] ')
  if (!/^y(es)?$/i.test(answer.trim())) throw fault(copies[0]!.key.kid, 'is not revoked', 'answer y, or add --yes')
}

/** Until when each kind of consumer may trust the key, wherever it was published. */
function trustOf (copies: readonly Revoked[]): Trust[] {
  const all = copies.flatMap(({ set, gone }) => trustAfter(gone, set)).sort((a, b) => a.until - b.until)
  return [...new Map(all.map(one => [one.name, one])).values()].sort((a, b) => a.until - b.until)
}

function fieldsOfRevocation (copies: readonly Revoked[], dryRun = false): object {
  const one = ({ set, key, gone, signs }: Revoked): object =>
    ({ kid: key.kid, set: set.name, file: key.file, gone: formatTime(gone), signs: signs?.kid ?? null })
  const trust = trustOf(copies).map(one => ({ ...one, until: one.until < Infinity ? formatTime(one.until) : null }))
  return { dryRun, ...one(copies[0]!), copies: copies.slice(1).map(one), trust }
}

function wordRevocation (copies: readonly Revoked[], interval: number, dryRun = false): string {
  const rows = trustOf(copies).map(({ name, until, note }) => ['  ' + name, until < Infinity ? formatTime(until) : 'no clock ends it', note])
  const gone = Math.max(...copies.map(({ gone }) => gone))
  const next = copies.map(({ set, key, signs }) => signs
    ? `${signs.kid} (${signs.file}) signs now: vendors have known it all along. If it may have leaked too, revoke it as well.`
    : `Nothing signs ${key.alg} in the set "${set.name}" now. At once: jwksd rotate ${set.name}`)
  const kids = [...new Set(copies.map(({ key }) => `"kid":"${key.kid}"`))].join(' or ')
  return `${copies.map(({ set, key }) => `${dryRun ? 'would be revoked' : 'revoked'}: ${key.kid} (${key.file}), set ${set.name}\n`).join('')}\
Every server that reads these files drops it within ${formatDuration(interval)}, by ${formatTime(gone)}.

Consumers that fetched it before may trust it, and anybody who holds it can sign, until:
${drawTable(rows)}
What to do:
  1. ${next.join('\n     ')}
  2. Call the vendors whose cache is too slow for you: "empty your JWKS cache for our client", or have them block it.
  3. Vendors that took the key by hand: send them the next one, jwksd export <kid> --pem.
  4. Find out what the key signed: the audit log names it as ${kids}. What is not there was forged.
Revoked by mistake? Take the line "# revoked: …" out of the file; after ${formatDuration(Math.min(...copies.map(({ set }) => set.retire)))} rotate destroys the key.
`
}
