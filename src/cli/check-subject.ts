// What jwksd check looks at: a URL of anybody's, or the installation that a configuration describes; and a token against either.

import { fault } from '../core/errors.ts'
import type { Preset } from '../core/tokens/preset.ts'
import { checkConfiguration } from '../doctor/configuration.ts'
import { probeUrl } from '../doctor/check-url.ts'
import type { Finding } from '../doctor/finding.ts'
import { checkVendorHere } from '../doctor/loaded.ts'
import { checkLocalToken } from '../doctor/local-token.ts'
import { checkToken } from '../doctor/token.ts'
import { checkVendorSet } from '../doctor/vendor-set.ts'
import { addVendorTerms } from '../doctor/vendor-terms.ts'
import { readSmallBytes } from '../keystore/files.ts'
import type { Listeners } from '../state/load.ts'
import { loadSettings } from '../state/settings.ts'
import { readAuthorities } from '../state/tls.ts'
import { presets } from '../presets/index.ts'
import { findPreset } from './find-preset.ts'
import { givenConfig, type Io, needConfig, QUICKSTART_CONFIG, readAll } from './io.ts'

export interface CheckOptions {
  vendor?: string
  token?: string
  payload?: string
  config?: string
  only?: Exclude<Listeners, 'both'>
  ca?: string
  allowPrivate?: boolean
}

/** What was looked at, and what was found. */
export interface Subject { readonly subject: string, readonly findings: readonly Finding[] }

/** The URL of a JWK Set, with a vendor's rules, and a token against what the URL answers. */
export async function checkThere (io: Io, url: URL, options: CheckOptions): Promise<Subject> {
  const { ca, allowPrivate = false, config } = options
  const token = await readToken(io, options)
  const now = io.clock() // when the token is there: it may come from a signer on the other end of a pipe
  const { presets: known = presets } = options.vendor === undefined ? {} : await loadSettings(givenConfig(config, io.env), io.env, now)
  const preset = options.vendor === undefined ? undefined : findPreset(options.vendor, known)
  const authorities = ca === undefined ? undefined : await readAuthorities(ca)
  const { findings, set } = await probeUrl(url, { now, allowPrivate, ...(authorities && { ca: authorities }) })
  const more = [
    ...set !== undefined && preset ? checkVendorSet(set, preset) : [],
    ...token && set !== undefined ? checkToken(token.text, { ...token, jwks: set, url: url.href, now, ...preset && { preset } }) : []
  ]
  return { subject: url.href, findings: addVendorTerms([...findings, ...more], preset) }
}

/** This installation; or a token against its sets, and then not the installation, unless the server would not start. */
export async function checkHere (io: Io, options: CheckOptions): Promise<Subject> {
  const { env, clock } = io
  const file = needConfig(options.config, env)
  const token = await readToken(io, options)
  const now = clock() // see above
  const { findings, loaded } = await checkConfiguration({ file, env, now, listeners: options.only ?? 'both', quickstart: file === QUICKSTART_CONFIG })
  if (!loaded) return { subject: file, findings }
  const preset: Preset | undefined = options.vendor === undefined ? undefined : findPreset(options.vendor, loaded.config.presets)
  if (token) return { subject: file, findings: checkLocalToken(token.text, { ...token, loaded, now, ...preset && { preset } }) }
  return { subject: file, findings: [...findings, ...preset ? addVendorTerms(checkVendorHere(loaded, preset, now), preset) : []] }
}

/** The token and the payload that it does not carry. */
async function readToken ({ stdin }: Io, { token, payload }: CheckOptions): Promise<{ text: string, payload?: Buffer } | undefined> {
  if (token === undefined) {
    if (payload !== undefined) throw fault('--payload', 'is the payload of no token', 'name the token with --token')
    return undefined
  }
  const read = async (file: string): Promise<Buffer> => file === '-'
    ? await readAll(stdin)
    : (await readSmallBytes(file, file, 'name a readable file, or - for standard input')).bytes
  return { text: (await read(token)).toString('utf8'), ...payload !== undefined && { payload: await read(payload) } }
}
