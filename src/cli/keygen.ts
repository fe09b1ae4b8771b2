// jwksd keygen: the first key of a set or of an alg. Rejects a set in which a key of the alg could sign: its
// successor needs a plan, and jwksd rotate has it. Rejects OKP beside other kinds unless the set is mixed.

import { Command, InvalidArgumentError, Option } from 'commander'
import { type Alg, ALGS, defaultAlg, kindFor } from '../core/keys/alg.ts'
import { fault, FaultsError } from '../core/errors.ts'
import type { Key } from '../core/keys/key.ts'
import { nearest } from '../core/near-match.ts'
import { loadSettings, type Settings } from '../state/settings.ts'
import { makeKeyDirectory, modeIn, ownerOf } from '../keystore/owner.ts'
import { generateKeyFile } from '../keystore/generate.ts'
import { DEFAULT_SET_NAME, SET_NAME } from '../keystore/list-keys.ts'
import { directoryOf, readKeySets, rulesOf } from '../keystore/key-sets.ts'
import { type Io, presentConfig, printFaults } from './io.ts'
import { formatDuration, formatTime } from '../core/time.ts'
import { readPassphrase } from '../keystore/passphrase.ts'
import { explainErrors } from '../keystore/rotate.ts'

interface Options { config?: string, alg?: Alg, bits: number, json?: true }

export function keygenCommand (io: Io): Command {
  return new Command('keygen')
    .argument('[set]', 'name of the set', DEFAULT_SET_NAME)
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .addOption(new Option('--alg <alg>', 'signature algorithm (default: the set\'s, else RS384)').choices(ALGS))
    .option('--bits <bits>', 'length of an RSA key', parseBits, 3072)
    .option('--json', 'result as JSON')
    .action(async (set: string, options: Options) => { await keygen(io, set, options) })
}

/** A warning where the configuration has no such set, but one of nearly that name. */
function misspelt ({ sets, profiles }: Pick<Settings, 'sets' | 'profiles'>, name: string): string[] {
  const known = [...sets.keys(), ...[...profiles.values()].map(({ set }) => set)]
  const near = known.includes(name) ? undefined : nearest(name, known)
  return near === undefined ? [] : [`the configuration has no set "${name}": did you mean "${near}"?`]
}

function parseBits (text: string): number {
  const bits = Number(text)
  if (Number.isInteger(bits) && bits >= 2048 && bits <= 8192 && bits % 8 === 0) return bits
  throw new InvalidArgumentError('give a multiple of 8 from 2048 to 8192')
}

async function keygen (io: Io, name: string, { config, alg: asked, bits, json }: Options): Promise<void> {
  const { env, clock, stdout, stderr } = io
  if (!SET_NAME.test(name)) throw fault(name, 'is not a name for a set', 'use lower-case letters, digits, "-" and "_"')
  const settings = await loadSettings(presentConfig(config, env), env, clock())
  const rules = rulesOf(settings, name)
  const alg = asked ?? rules.alg ?? 'RS384'
  const directory = directoryOf(settings.keys, name)
  await explainErrors(directory, async () => { await makeKeyDirectory(directory) })
  const read = async (): Promise<{ keys: readonly Key[], warnings: readonly string[] }> => {
    const { sets, fileFaults, setFaults, warnings } = await readKeySets(settings, env)
    const faults = [...fileFaults, ...setFaults.filter(({ set }) => set === name)]
    if (faults.length > 0) throw new FaultsError(faults, warnings)
    return { keys: sets.get(name)?.keys ?? [], warnings }
  }
  const { keys: before, warnings } = await read()
  printFaults(io, [], [...warnings, ...misspelt(settings, name)])
  checkRoom(name, alg, before, rules.mixed)
  const now = clock()
  const revoked = before.some(key => key.alg === alg) // the new key ends the revoked one's line, so it needs a date
  const notes = { ...(revoked && { activates: now }), ...(defaultAlg(kindFor(alg), rules.alg) === alg ? {} : { alg }) }
  const passphrase = await readPassphrase(env)
  const day = formatTime(now).slice(0, 10)
  const owner = await ownerOf(directory)
  const file = await explainErrors(directory, async () => await generateKeyFile({
    directory, set: name, alg, bits, now, notes, passphrase, owner, mode: modeIn(owner, 0o600), ...(before.length > 0 && { name: `${name}-${alg.toLowerCase()}-${day}.pem` })
  }))
  const key = (await read()).keys.find(one => one.alg === alg && one.revoked === undefined)!
  if (before.length > 0) {
    stderr.write(`hint: vendors that have cached the set learn of the new key within ${formatDuration(rules.maxAge)}; sign with it after that\n`)
  }
  stdout.write(json
    ? JSON.stringify({ file, set: name, kid: key.kid, alg, jwk: key.jwk }) + '\n'
    : `kid:  ${key.kid}\nalg:  ${alg}\nfile: ${file}\n${JSON.stringify(key.jwk, null, 2)}\n`)
}

/** @throws FaultsError when the set has no room for a first key of `alg` */
function checkRoom (set: string, alg: Alg, keys: readonly Key[], mixed = false): void {
  const other = keys.find(key => key.alg === alg && key.revoked === undefined)
  if (other) {
    const instead = 'or give the new key a set of its own, or another --alg'
    throw fault(other.file, `the set "${set}" has an ${alg} key already`, other.privateKey
      ? `make its successor with: jwksd rotate ${set} --begin; ${instead}`
      : `its private half is elsewhere: make its successor there; ${instead}`)
  }
  const stranger = mixed ? undefined : keys.find(key => (key.kind === 'Ed25519') !== (kindFor(alg) === 'Ed25519'))
  if (!stranger) return
  throw fault(stranger.file, `${alg} and ${stranger.alg} do not go together: consumers that do not know the key type OKP drop the whole set`,
    `give the new key a set of its own: jwksd keygen ${set}-${alg.toLowerCase()} --alg ${alg}`)
}
