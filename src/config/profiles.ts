// Presets of the user's own and profiles: what can be signed. Refuses contradictions with the preset's rules, and
// templates and JSON Schemas that are not sound.

import { collectFaults, type Fault } from '../core/errors.ts'
import { compileSchema } from '../core/tokens/json-schema.ts'
import { type Preset, SERVER_CLAIMS } from '../core/tokens/preset.ts'
import { compileTemplate } from '../core/tokens/template.ts'
import { presets as builtIn } from '../presets/index.ts'
import type { ProfileConfig } from './types.ts'
import { readPreset } from '../presets/compile.ts'
import type { Note, Path } from './parse.ts'
import type { RawConfig, RawProfile } from './schema.ts'
import { formatDuration, parseDuration } from '../core/time.ts'

/** Longest life where neither the vendor nor the profile names one (seconds). */
const LONGEST_TTL = 3600

/** Runs `compile`; its faults are noted at `path` and below, and undefined comes back. */
function noting<T> (note: Note, path: Path, compile: () => T): T | undefined {
  const faults: Fault[] = []
  const made = collectFaults(faults, compile)
  for (const { where, problem, hint } of faults) note([...path, ...where.split('.').filter(Boolean)], problem, hint)
  return made
}

/** The built-in presets and the user's own, which may not take a built-in one's name. */
export function readPresets (raw: NonNullable<RawConfig['presets']>, note: Note): ReadonlyMap<string, Preset> {
  const presets = new Map(builtIn)
  for (const [name, data] of Object.entries(raw)) {
    const at = ['presets', name]
    if (builtIn.has(name)) note(at, 'is the name of a built-in preset', 'choose another name')
    const preset = noting(note, at, () => readPreset(name, data))
    if (preset) presets.set(name, preset)
  }
  return presets
}

interface Context {
  readonly presets: ReadonlyMap<string, Preset>
  /** All preset names of the document, also of those with faults. */
  readonly presetNames: readonly string[]
  readonly note: Note
}

/** Profiles by name; those with a fault are left out and noted. */
export function readProfiles (raw: Record<string, RawProfile>, { presets, presetNames, note }: Context): Map<string, ProfileConfig> {
  const profiles = new Map<string, ProfileConfig>()
  for (const [name, one] of Object.entries(raw)) {
    const at = ['profiles', name]
    const preset = presets.get(one.preset)
    if (preset) {
      profiles.set(name, readProfile(name, one, preset, (path, problem, hint) => { note([...at, ...path], problem, hint) }))
    } else if (!presetNames.includes(one.preset)) {
      note([...at, 'preset'], `there is no preset "${one.preset}"`, `use one of: ${[...presets.keys()].join(', ')}; jwksd presets tells of each`)
    }
  }
  return profiles
}

/** @param note takes paths below the profile */
function readProfile (name: string, raw: RawProfile, preset: Preset, note: Note): ProfileConfig {
  const { set = 'default', alg, key, params = {}, claims = {}, allow, aud, payload } = raw
  if (alg && !preset.alg.oneOf.includes(alg)) {
    note(['alg'], `${preset.title} does not take ${alg}`, `use one of: ${preset.alg.oneOf.join(', ')} (${preset.alg.source})`)
  }
  checkClaims(raw, preset, note)
  checkParams(params, preset, note)
  const check = allow && noting(note, ['allow'], () => compileSchema({ type: 'object', additionalProperties: false, ...allow }))
  const compiled = noting(note, ['claims'], () => compileTemplate(claims))
  const unsettled = compiled?.names.find(one => /^(claims|params)\./.test(one))
  if (unsettled) note(['claims'], `holds \${${unsettled}}, which is not known when claims are forced`, 'write the value itself')
  return {
    name,
    preset,
    set,
    ...(alg && { alg }),
    ...(key && { key }),
    params,
    claims: compiled ?? compileTemplate({}),
    ...(check && { allow: check }),
    ...(aud && { aud }),
    ...(payload && { payload }),
    ttl: readTtl(raw.ttl, preset, note)
  }
}

function checkClaims ({ claims = {}, allow, aud, payload }: RawProfile, { title, form }: Preset, note: Note): void {
  for (const claim of SERVER_CLAIMS.filter(claim => Object.hasOwn(claims, claim))) {
    note(['claims', claim], 'is set by jwksd itself', 'remove it; ttl says how long a token lives')
  }
  const useless = form.payload === 'claims' ? { payload } : { claims: Object.keys(claims)[0], allow, aud }
  for (const [field, value] of Object.entries(useless)) {
    if (value !== undefined) note([field], `has no effect: ${title} signs ${form.payload === 'claims' ? 'claims' : 'a payload'}`, 'remove it')
  }
}

function checkParams (params: Readonly<Record<string, string>>, { title, names }: Preset, note: Note): void {
  const needed = [...new Set(names.filter(name => name.startsWith('params.')).map(name => name.slice('params.'.length)))]
  for (const param of needed.filter(param => !Object.hasOwn(params, param))) {
    note(['params', param], `is missing: ${title} needs it`, `add params: { ${param}: … }; jwksd presets says what it is`)
  }
  for (const param of Object.keys(params).filter(param => !needed.includes(param))) {
    note(['params', param], `has no effect: ${title} does not name it`, needed.length > 0 ? `known here: ${needed.join(', ')}` : 'remove it')
  }
}

function readTtl (ttl: RawProfile['ttl'] = {}, { title, time }: Preset, note: Note): ProfileConfig['ttl'] {
  const limit = time.ttl.max ?? Infinity
  const max = ttl.max === undefined ? time.ttl.max ?? LONGEST_TTL : parseDuration(ttl.max) as number
  const usual = ttl.default === undefined ? Math.min(time.ttl.default, max) : parseDuration(ttl.default) as number
  if (max > limit) {
    note(['ttl', 'max'], `is longer than ${formatDuration(limit)}, the longest that ${title} allows`, `rule: ${time.source}`)
  }
  if (usual > max || usual < 1) {
    note(['ttl', 'default'], `must be from 1s to ttl.max, ${formatDuration(max)}`, 'shorten it, or lengthen ttl.max')
  }
  return { default: usual, max }
}
