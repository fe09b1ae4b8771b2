// jwksd onboard: the text for a vendor's support or portal, from the preset and the live configuration. The message goes to
// standard output, ready to send; the steps around it go to standard error.

import { Command } from 'commander'
import { scalar, valuesText } from '../config/config-text.ts'
import { draftProfile, notedValues } from '../config/draft-profile.ts'
import { fault } from '../core/errors.ts'
import { didYouMean } from '../core/near-match.ts'
import { writeMessage, writeSteps } from '../core/onboarding/message.ts'
import { describeRegistration, type Registration } from '../core/onboarding/registration.ts'
import type { Preset } from '../core/tokens/preset.ts'
import type { Profile } from '../core/tokens/profile.ts'
import { represent } from '../http/jwks.ts'
import { load, type Loaded } from '../state/load.ts'
import { type Io, needConfig } from './io.ts'
import { findPreset } from './find-preset.ts'

interface Options { config?: string, profile?: string, json?: true }

export function onboardCommand (io: Io): Command {
  return new Command('onboard')
    .argument('[preset]', 'the vendor; not needed where the configuration has one profile')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--profile <name>', 'the profile, where several have the preset')
    .option('--json', 'everything as JSON')
    .action(async (preset: string | undefined, options: Options) => { await onboard(io, preset, options) })
}

async function onboard (io: Io, asked: string | undefined, { config: option, profile: named, json }: Options): Promise<void> {
  const { env, clock, stdout, stderr } = io
  const now = clock()
  const loaded = await load({ file: needConfig(option, env), env, now, listeners: 'both', tls: false })
  const { registration, message, steps, yaml } = onboardingOf(loaded, findProfile(loaded, asked, named), now)
  if (json) {
    stdout.write(JSON.stringify({ ...registration, message, yaml }) + '\n')
    return
  }
  stdout.write(message)
  stderr.write('\n' + steps)
}

export interface OnboardingTexts {
  readonly registration: Registration
  readonly message: string
  readonly steps: string
  /** The values of the vendor as they stand in the configuration. */
  readonly yaml: string
}

/** @param now NumericDate (seconds) @throws FaultsError when there is no key that the vendor can take */
export function onboardingOf ({ snapshot }: Loaded, profile: Profile, now: number): OnboardingTexts {
  const { body, headers } = represent(snapshot.published.get(profile.set)!, now)
  const response = { status: 200, headers, body: body.toString() } as const
  const registration = describeRegistration(profile, snapshot.sets.get(profile.set)!, { response, now })
  const yaml = valuesYaml(registration)
  return { registration, message: writeMessage(registration), steps: writeSteps(registration, indent(yaml)), yaml }
}

/** @throws FaultsError when no profile, or more than one, is meant */
function findProfile ({ config, snapshot }: Loaded, asked: string | undefined, named: string | undefined): Profile {
  const preset = asked === undefined ? undefined : findPreset(asked, config.presets)
  const all = [...snapshot.policy.profiles.values()]
  const fitting = all.filter(one => (preset === undefined || one.preset === preset) && (named === undefined || one.name === named))
  if (fitting.length === 1) return fitting[0]!
  const names = (profiles: readonly Profile[]): string => profiles.map(({ name }) => name).join(', ')
  if (fitting.length > 1) throw fault(asked ?? 'onboard', 'several profiles are possible', `name one with --profile: ${names(fitting)}`)
  if (named !== undefined) {
    const kind = preset ? ` with the preset ${preset.name}` : ''
    throw fault(named, `there is no such profile${kind}`, didYouMean(named, all.map(({ name }) => name), `name one: ${names(all)}`))
  }
  throw fault(asked ?? 'onboard', 'the configuration has no profile for it', `add one to profiles: ${profileFor(preset ?? config.presets.get('jwt')!, config.url.origin)}`)
}

/** A profile for the preset, on one line of YAML. */
function profileFor (preset: Preset, origin: string): string {
  const { name } = preset
  const alg = preset.alg.oneOf[0]!
  const { params = {}, claims = {}, ...fields } = draftProfile(preset, { set: name, alg, issuer: `${origin}/${name}`, given: {} })
  const plain = (values: Readonly<Record<string, { value: string }>>): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([one, { value }]) => [one, value]))
  const sections = Object.entries({ params: plain(params), claims: plain(claims) }).filter(([, values]) => Object.keys(values).length > 0)
  return `${name}: ${scalar({ ...fields, ...Object.fromEntries(sections) })}; make its key with: jwksd keygen ${name} --alg ${alg}`
}

/** The values as they stand in the configuration, and what each is. */
function valuesYaml ({ profile, values }: Registration): string {
  const sections = Object.entries(notedValues(values.map(({ usual, value = usual, ...rest }) => ({ ...rest, value }))))
  return `profiles:\n  ${profile}:\n` + sections.filter(([, noted]) => Object.keys(noted).length > 0)
    .map(([section, noted]) => `    ${section}:\n${valuesText(noted, 6)}`).join('')
}

function indent (text: string): string {
  return text.replaceAll(/^(?=.)/gm, '     ')
}
