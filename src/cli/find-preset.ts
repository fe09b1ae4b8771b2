// A preset by the name that somebody typed.

import { fault } from '../core/errors.ts'
import { didYouMean } from '../core/near-match.ts'
import type { Preset } from '../core/tokens/preset.ts'
import { aliases } from '../presets/index.ts'

/** @throws FaultsError that names the nearest one, or all of them */
export function findPreset (name: string, known: ReadonlyMap<string, Preset>): Preset {
  const preset = known.get(name) ?? known.get(aliases[name] ?? '')
  if (!preset) throw fault(name, 'there is no such preset', didYouMean(name, known.keys(), `name one: ${[...known.keys()].join(', ')}`))
  return preset
}
