// A built-in preset as it is written → a preset to sign with: durations in seconds, templates compiled.

import { parseDuration } from '../core/time.ts'
import { type Check, compileSchema, type JsonSchema } from '../core/tokens/json-schema.ts'
import { compilePreset } from '../core/tokens/compile-preset.ts'
import type { Preset, PresetData } from '../core/tokens/preset.ts'

/** Compiles a schema when it is first asked: most programs use one or two presets, and all of them cost 0.1 s. */
function compileLazily (schema: JsonSchema): Check {
  let check: Check | undefined
  return value => (check ??= compileSchema(schema))(value)
}

/** @throws FaultsError with every fault below the preset */
export function readPreset (name: string, data: PresetData): Preset {
  const { ttl: { default: usual, max }, backdate, leeway, ...time } = data.time
  return compilePreset(name, {
    ...data,
    time: {
      ...time,
      ttl: { default: parseDuration(usual), ...(max !== undefined && { max: parseDuration(max) }) },
      ...(backdate !== undefined && { backdate: parseDuration(backdate) }),
      ...(leeway !== undefined && { leeway: parseDuration(leeway) })
    }
  }, compileLazily)
}
