// From the parsed files of a directory to a key set. Rejects keys that do not fit the set, and one kid for two keys.

import { collectFaults, type Fault, FaultsError } from '../errors.ts'
import { isSameKey } from './identity.ts'
import { type Key, type ParsedKey, toKey } from './key.ts'
import type { KeySet, SetRules } from './key-set.ts'

/**
 * Makes a set of parsed key files. A private key and its own public key are one key; the notes of both count.
 * @throws FaultsError listing every key that does not fit, and every kid that two keys share
 */
export function makeKeySet (name: string, parsed: readonly ParsedKey[], rules: SetRules): KeySet {
  const faults: Fault[] = []
  const keys = joinHalves(parsed, faults)
    .map(one => collectFaults(faults, () => toKey(one, rules.kid, rules.alg, rules.x5c)))
    .filter(key => key !== undefined)
  faults.push(...findSharedKids(keys))
  if (faults.length > 0) throw new FaultsError(faults)
  keys.sort((a, b) => (a.activates ?? -Infinity) - (b.activates ?? -Infinity) || (a.kid < b.kid ? -1 : 1))
  return { ...rules, name, keys }
}

function findSharedKids (keys: readonly Key[]): Fault[] {
  const first = new Map<string, Key>()
  return keys.flatMap(key => {
    const other = first.get(key.kid)
    if (!other) first.set(key.kid, key)
    return other
      ? [{
          where: key.file,
          problem: `its kid ${key.kid} is also that of ${other.file}`,
          hint: isSameKey(other, key) ? 'it is the same key: move one of the files away' : 'pin another kid with a note "# kid: …"'
        }]
      : []
  })
}

/** The eCW guide leaves a private PEM and its public PEM side by side: the public file then adds only its notes. */
function joinHalves (parsed: readonly ParsedKey[], faults: Fault[]): ParsedKey[] {
  const isWhole = ({ privateKey, privateDropped }: ParsedKey): boolean => privateKey !== undefined || privateDropped === true
  const keys = parsed.filter(isWhole)
  for (const half of parsed) {
    if (isWhole(half)) continue
    const whole = keys.findIndex(key => isWhole(key) && isSameKey(key, half))
    if (whole < 0) {
      keys.push(half)
      continue
    }
    const { file, notes } = keys[whole]!
    const clash = (['activates', 'alg', 'kid'] as const).find(name =>
      notes[name] !== undefined && half.notes[name] !== undefined && notes[name] !== half.notes[name])
    if (clash) {
      faults.push({
        where: half.file,
        problem: `its note "${clash}" contradicts that of ${file}, the same key's private half`,
        hint: 'make the notes equal, or remove them from the public file'
      })
    }
    const { otherFiles = [] } = keys[whole]!
    keys[whole] = { ...keys[whole]!, notes: { ...half.notes, ...notes }, otherFiles: [...otherFiles, half.file] }
  }
  return keys
}
