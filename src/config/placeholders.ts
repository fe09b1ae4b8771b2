// Placeholders: values of the examples and of documents that somebody has to replace. A configuration that still holds
// one would sign tokens that no vendor knows, so each is rejected by name.

import { isPending } from '../core/onboarding/pending.ts'
import type { Report } from './report.ts'

const WORDS = 'client|tenant|app|account|organi[sz]ation|org|company|user|key|issuer|vendor|domain|host|secret|token'
const PLACEHOLDERS: readonly RegExp[] = [
  new RegExp(`(?:^|[/.@:])your[-_ ](?:${WORDS})(?![a-z])`, 'i'), // your-client-id, https://jwks.your-domain.com
  new RegExp(`^(?:A_|MY_|THE_)?(?:${WORDS.toUpperCase()})_(?:ID|NAME|URL)$`), // CLIENT_ID
  /^<[^<>]+>$/, // <client id>
  /^(?:…|\.\.\.)$|^https:\/\/\S*(?:…|\.\.\.)/, // https://…/oauth2/token
  /(?<![a-z])(?:replace[-_ ]?(?:me|this|with)|change[-_ ]?me)(?![a-z])/i, // not the exchangeme of exchangemedical.org
  /^ReplaceM$/, // eight characters, as the id of an API key has
  /^https:\/\/oauth\.example\.com\/oauth2\/token$/ // of jwksd.example.yaml
]

/** Whether a value is a placeholder. */
export function isPlaceholder (value: string): boolean {
  return PLACEHOLDERS.some(placeholder => placeholder.test(value))
}

/**
 * Reports every placeholder of a document, and warns of values that only the vendor can give: with those the server
 * starts. Presets of the user's own are left out: their examples may hold some. So is the JSON Schema `allow` of a
 * profile: what looks like one there is the name of a claim.
 */
export function checkPlaceholders (document: Record<string, unknown>, report: Report): void {
  const { presets: _presets, ...sections } = document
  visit(sections, [], report)
}

function visit (value: unknown, path: readonly string[], report: Report): void {
  if (path.length === 3 && path[0] === 'profiles' && path[2] === 'allow') return
  if (typeof value === 'string' && isPlaceholder(value)) report.fault(path, `is still the placeholder "${value}"`, hintFor(path))
  else if (typeof value === 'string' && isPending(value)) report.warn(path, `is "${value}": the vendor gives the value; jwksd onboard says what to ask`)
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) visit(inner, [...path, name], report)
}

/** What to write instead of a placeholder. */
function hintFor ([section, name, field]: readonly string[]): string {
  if (section === 'url') return 'write the URL that vendors fetch your keys from'
  if (section === 'clients' && field === 'auth') return `make an API key with: jwksd client key ${name} --write`
  return section === 'profiles' ? 'write the value that the vendor gave you' : 'write your own value in its place'
}
