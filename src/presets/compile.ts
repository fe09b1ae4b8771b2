// A preset as it is written → a preset to sign with: durations in seconds, templates and schemas compiled.

import { compilePreset, type Preset, type PresetData } from '../core/tokens/preset.ts'
import { parseDuration } from '../core/time.ts'

/** @throws FaultsError with every fault below the preset; durations were checked by its schema */
export function readPreset (name: string, data: PresetData): Preset {
  const { ttl: { default: usual, max }, backdate, ...time } = data.time
  return compilePreset(name, {
    ...data,
    time: {
      ...time,
      ttl: { default: parseDuration(usual) as number, ...(max !== undefined && { max: parseDuration(max) as number }) },
      ...(backdate !== undefined && { backdate: parseDuration(backdate) as number })
    }
  })
}
