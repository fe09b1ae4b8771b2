// jwksd revoke: a key is compromised. It leaves the JWK Set at the next reload; this command says who may trust it for
// how much longer, since a JWK Set cannot call anything back, and what to do about that.

import { Command } from 'commander'
import { type Trust, trustAfter } from '../core/keys/consumers.ts'
import { collectFaults, type Fault, FaultsError } from '../core/errors.ts'
import type { Key } from '../core/keys/key.ts'
import { type KeySet, stateOf } from '../core/keys/key-set.ts'
import { loadSettings } from '../state/load.ts'
import { explainErrors } from '../keystore/rotate.ts'
import { annotateKey } from '../keystore/apply-step.ts'
import { directoryOf, findKey, type KeySets, readKeySets } from '../keystore/key-sets.ts'
import { type Io, presentConfig } from './io.ts'
import { drawTable } from './status.ts'
import { formatDuration, formatTime } from '../core/time.ts'

interface Options { config?: string, json?: true }

export function revokeCommand (io: Io): Command {
  return new Command('revoke')
    .description('take a compromised key out of the JWK Set at once')
    .argument('<kid>', 'kid of the key, or its file where several sets have the kid')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--json', 'result as JSON')
    .action(async (kid: string, options: Options) => { await revoke(io, kid, options) })
}

async function revoke ({ env, clock, stdout }: Io, name: string, { config, json }: Options): Promise<void> {
  const now = clock()
  const settings = await loadSettings(presentConfig(config, env), env, now)
  const before = await readKeySets(settings, env)
  const { set, key } = nameOne(before, name)
  if (key.revoked === undefined) {
    await explainErrors(directoryOf(settings.keys, set.name), async () => { await annotateKey(key, { revoked: now }) })
  }
  const gone = (key.revoked ?? now) + settings.reload.interval
  const trust = trustAfter(gone, set)
  const reread = await readKeySets(settings, env)
  const after = reread.sets.get(set.name)
  const signs = after?.keys.find(one => one.alg === key.alg && one.privateKey && stateOf(after, one, now) === 'active')
  stdout.write(json
    ? JSON.stringify({
      kid: key.kid,
      set: set.name,
      file: key.file,
      gone: formatTime(gone),
      signs: signs?.kid ?? null,
      trust: trust.map(one => ({ ...one, until: one.until < Infinity ? formatTime(one.until) : null }))
    }) + '\n'
    : wordRevocation({ set, key, gone, signs, trust, interval: settings.reload.interval }))
  // A server that finds faults keeps its last good state, the revoked key included.
  const faults = faultsOf(reread)
  if (faults.length > 0) throw new FaultsError(faults, reread.warnings)
}

/** @throws FaultsError with those of the files too: the key may be in one that cannot be read */
function nameOne (found: KeySets, name: string): { set: KeySet, key: Key } {
  const faults: Fault[] = []
  const one = collectFaults(faults, () => findKey(found.sets.values(), name))
  if (one) return one
  throw new FaultsError([...faultsOf(found), ...faults], found.warnings)
}

const faultsOf = ({ fileFaults, setFaults }: KeySets): Fault[] => [...fileFaults, ...setFaults]

interface Revocation { set: KeySet, key: Key, gone: number, signs: Key | undefined, trust: readonly Trust[], interval: number }

function wordRevocation ({ set, key, gone, signs, trust, interval }: Revocation): string {
  const rows = trust.map(({ name, until, note }) => ['  ' + name, until < Infinity ? formatTime(until) : 'no clock ends it', note])
  const next = signs
    ? `${signs.kid} (${signs.file}) signs now: vendors have known it all along. If it may have leaked too, revoke it as well.`
    : `Nothing signs ${key.alg} in the set "${set.name}" now. At once: jwksd rotate ${set.name}`
  return `revoked: ${key.kid} (${key.file}), set ${set.name}
Every server that reads these files drops it within ${formatDuration(interval)}, by ${formatTime(gone)}.

Whoever fetched it before may trust it, and whoever holds it can sign, until:
${drawTable(rows)}
What to do:
  1. ${next}
  2. Call the vendors whose cache is too slow for you: "empty your JWKS cache for our client", or have them block it.
  3. Vendors that took the key by hand: send them the next one, jwksd export <kid> --pem.
  4. Find out what the key signed: the audit log names it as "kid":"${key.kid}". What is not there was forged.
Revoked by mistake? Take the line "# revoked: …" out of the file; after ${formatDuration(set.retire)} rotate destroys the key.
`
}
