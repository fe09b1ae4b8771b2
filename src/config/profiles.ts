// Presets of the user's own and profiles: what can be signed. Rejects contradictions with the preset's rules, and
// templates and JSON Schemas that are not sound.

import { didYouMean } from '../core/near-match.ts'
import { formatDuration } from '../core/time.ts'
import { compileSchema } from '../core/tokens/json-schema.ts'
import { compilePreset } from '../core/tokens/compile-preset.ts'
import { type Preset, type PresetData, SERVER_CLAIMS } from '../core/tokens/preset.ts'
import { compileTemplate } from '../core/tokens/template.ts'
import { aliases, presets as builtIn } from '../presets/index.ts'
import type { Report } from './report.ts'
import type { ProfileFields } from './schema.ts'
import { DEFAULT_SET_NAME, type ProfileConfig } from './types.ts'

/** Longest life where neither the vendor nor the profile names one (seconds). */
const LONGEST_TTL = 3600

/** The built-in presets and the user's own, which may not take a built-in one's name. */
export function readPresets (fields: ReadonlyMap<string, PresetData<number>>, report: Report): ReadonlyMap<string, Preset> {
  const presets = new Map(builtIn)
  for (const [name, data] of fields) {
    if (builtIn.has(name)) report.fault(['presets', name], 'is the name of a built-in preset', 'choose another name')
    const preset = report.collect(['presets', name], () => compilePreset(name, data))
    if (preset) presets.set(name, preset)
  }
  return presets
}

/** What profiles refer to. */
interface Referred {
  readonly presets: ReadonlyMap<string, Preset>
  /** All preset names of the document, also of those with faults. */
  readonly presetNames: readonly string[]
  /** Where the JWK Sets are published: `https://jwks.example.com`. */
  readonly origin: string
}

/** Profiles by name; contradictions are reported. */
export function readProfiles (
  fields: ReadonlyMap<string, ProfileFields>, { presets, presetNames, origin }: Referred, report: Report
): Map<string, ProfileConfig> {
  const profiles = new Map<string, ProfileConfig>()
  for (const [name, profile] of fields) {
    const preset = presets.get(profile.preset) ?? presets.get(aliases[profile.preset] ?? '')
    if (preset) profiles.set(name, readProfile(name, profile, { preset, origin }, report.below('profiles', name)))
    else if (!presetNames.includes(profile.preset)) {
      const known = [...presets.keys()]
      report.fault(['profiles', name, 'preset'], `there is no preset "${profile.preset}"`,
        didYouMean(profile.preset, [...known, ...Object.keys(aliases)], `use one of: ${known.join(', ')}; jwksd presets describes each`))
    }
  }
  return profiles
}

/** The sets with a profile whose vendor wants certificates in the JWK Set. */
export function findCertified (profiles: ReadonlyMap<string, ProfileConfig>): Set<string> {
  return new Set([...profiles.values()].filter(({ preset }) => preset.key.x5c).map(({ set }) => set))
}

/** @param report of the profile */
function readProfile (
  name: string, fields: ProfileFields, { preset, origin }: { preset: Preset, origin: string }, report: Report
): ProfileConfig {
  const { set = DEFAULT_SET_NAME, alg, key, params = {}, claims = {}, allow, aud, payload, typ, backdate } = fields
  if (alg && !preset.alg.oneOf.includes(alg)) {
    report.fault(['alg'], `${preset.title} does not take ${alg}`, `use one of: ${preset.alg.oneOf.join(', ')} (${preset.alg.source})`)
  }
  checkClaims(fields, preset, report)
  if (typ !== undefined) checkType(typ, preset, report)
  checkParams(params, preset, report)
  const ttl = readTtl(fields.ttl, preset, report)
  checkBackdate(backdate, ttl, preset, report)
  const check = allow && report.collect(['allow'], () => compileSchema({ type: 'object', additionalProperties: false, ...allow }))
  const compiled = report.collect(['claims'], () => compileTemplate(claims)) ?? compileTemplate({})
  const unsettled = compiled.names.find(one => /^(claims|params)\./.test(one))
  if (unsettled) report.fault(['claims'], `holds \${${unsettled}}, which is not known when claims are forced`, 'write the value itself')
  return {
    name,
    preset,
    set,
    setUrl: `${origin}${set === DEFAULT_SET_NAME ? '' : `/${set}`}/.well-known/jwks.json`,
    ...(alg && { alg }),
    ...(key && { key }),
    params,
    claims: compiled,
    forced: Object.keys(claims),
    ...(check && { allow: check }),
    ...(aud && { aud }),
    ...(payload && { payload }),
    ...(typ !== undefined && { typ }),
    ...(backdate !== undefined && { backdate }),
    ttl
  }
}

/** A token that is dated back lives from that date: with a shorter life it would be born expired. */
function checkBackdate (own: number | undefined, ttl: ProfileConfig['ttl'], { title, time }: Preset, report: Report): void {
  const backdate = own ?? time.backdate ?? 0
  if (backdate < ttl.default) return
  if (own !== undefined) {
    report.fault(['backdate'], 'must be shorter than the life of a token: it counts from iat', `use less than ttl.default, ${formatDuration(ttl.default)}`)
  } else {
    report.fault(['ttl', 'default'], `must be longer than ${formatDuration(backdate)}, by which ${title} dates tokens back: they would have expired before they are signed`,
      'lengthen it, or set a shorter backdate')
  }
}

/** RFC 8725 section 3.11: a type prevents a token from being accepted as another kind. */
function checkType (typ: string, { title, header }: Preset, report: Report): void {
  const { types = [] } = header
  if (types.includes(typ)) return
  if (types.length === 0) report.fault(['typ'], `cannot be chosen: ${title} fixes it`, 'remove it')
  else report.fault(['typ'], `is "${typ}", which ${title} does not take`, didYouMean(typ, types, `use one of: ${types.join(', ')} (${header.source})`))
}

function checkClaims ({ claims = {}, allow, aud, payload, backdate }: ProfileFields, { title, form, time }: Preset, report: Report): void {
  if (backdate !== undefined && !time.set.some(claim => claim !== 'jti')) {
    report.fault(['backdate'], `has no effect: ${title} has no times in its tokens`, 'remove it')
  }
  for (const claim of SERVER_CLAIMS.filter(claim => Object.hasOwn(claims, claim))) {
    report.fault(['claims', claim], 'is set by jwksd itself', 'remove it; ttl says how long a token lives')
  }
  const useless = form.payload === 'claims' ? { payload } : { claims: Object.keys(claims)[0], allow, aud }
  for (const [field, value] of Object.entries(useless)) {
    if (value !== undefined) report.fault([field], `has no effect: ${title} signs ${form.payload === 'claims' ? 'claims' : 'a payload'}`, 'remove it')
  }
}

function checkParams (params: Readonly<Record<string, string>>, { title, names }: Preset, report: Report): void {
  const needed = [...new Set(names.filter(name => name.startsWith('params.')).map(name => name.slice('params.'.length)))]
  for (const param of needed.filter(param => !Object.hasOwn(params, param))) {
    report.fault(['params', param], `is missing: ${title} needs it`, `add params: { ${param}: … }; jwksd presets says what it is`)
  }
  for (const param of Object.keys(params).filter(param => !needed.includes(param))) {
    report.fault(['params', param], `has no effect: ${title} does not name it`,
      didYouMean(param, needed, needed.length > 0 ? `known here: ${needed.join(', ')}` : 'remove it'))
  }
}

function readTtl (ttl: ProfileFields['ttl'] = {}, { title, time }: Preset, report: Report): ProfileConfig['ttl'] {
  const limit = time.ttl.max ?? Infinity
  const max = ttl.max ?? time.ttl.max ?? LONGEST_TTL
  const usual = ttl.default ?? Math.min(time.ttl.default, max)
  if (max > limit) {
    report.fault(['ttl', 'max'], `is longer than ${formatDuration(limit)}, the longest that ${title} allows`, `rule: ${time.source}`)
  }
  if (usual > max || usual < 1) {
    report.fault(['ttl', 'default'], `must be from 1s to ttl.max, ${formatDuration(max)}`, 'shorten it, or lengthen ttl.max')
  }
  return { default: usual, max }
}
