// The vendors of a set, and how each gets its keys: by the URL, or by hand with a command to copy.

import type { Config } from '../../config/types.ts'
import { type KeySet, lifeOf, stateOf } from '../../core/keys/key-set.ts'
import { newestKey } from '../../core/keys/outlook.ts'
import { shellWord } from '../../core/keys/pem.ts'
import { html, type Html, type Part } from './html.ts'
import { copyable, moment } from './layout.ts'

/** By how a preset says that the public key is given. */
const HOW = {
  'jwks-url': 'fetches the URL', pem: 'by hand, as PEM', jwk: 'by hand, as JWK', certificate: 'by hand, as a certificate', vendor: 'makes the key pair itself'
}

/** One line for each profile that signs with the set; nothing where there is none. */
export function listVendors (set: KeySet, { profiles }: Pick<Config, 'profiles'>, now: number): Html | undefined {
  const own = [...profiles.values()].filter(profile => profile.set === set.name)
  if (own.length === 0) return undefined
  return html`<h3>Vendors</h3><ul class="list">${own.map(({ name, preset: { title, key: { given } } }) =>
    html`<li>${title}: ${HOW[given]} <span class="quiet">profile ${name}</span>${(given === 'pem' || given === 'jwk') && handOver(set, given, now)}</li>`)}</ul>`
}

/** What to send: the key that comes, and by when, or the one that signs. */
function handOver (set: KeySet, form: 'pem' | 'jwk', now: number): Part {
  const key = newestKey(set, now)
  if (!key) return undefined
  const isNext = stateOf(set, key, now) === 'pre-activation'
  const command = `jwksd export ${shellWord(key.kid)} --${form}`
  const { activates } = lifeOf(set, key)
  return html`<span class="hint">${isNext ? 'Send the new key' : 'Has to have the key'}${isNext && Number.isFinite(activates) && [' before ', moment(activates, now, true)]}: ${copyable(command, command)}</span>`
}
