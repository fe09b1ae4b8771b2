// The small notations of the configuration: durations, rates, addresses, dates, the public URL.
// Each parser returns a typed value, or a string that says what is wrong.

import { isIP } from 'node:net'

export interface Address { readonly host: string, readonly port: number }
export interface Rate { readonly count: number, readonly seconds: number }

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 }

/** `20/s`, `600/m`, `5000/h`. */
export function parseRate (text: string): Rate | string {
  const [, count, unit] = /^([1-9]\d{0,5})\/([smh])$/.exec(text) ?? []
  return count ? { count: Number(count), seconds: UNITS[unit!]! } : `is not a rate such as 20/s, 600/m or 5000/h: ${text}`
}

/** `0.0.0.0:8443`, `[::1]:8443`, `localhost:8443`. */
export function parseAddress (text: string): Address | string {
  const [, v6, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (!digits || port > 65535) return `is not an address such as 0.0.0.0:8443 or [::]:8443: ${text}`
  return { host: v6 ?? name!, port }
}

/** An address as a text that `parseAddress` reads. */
export function formatAddress ({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** An https URL to fetch something from: any host and path, no credentials. */
export function parseHttpsUrl (text: string): URL | string {
  if (!URL.canParse(text)) return `is not a URL such as https://id.example.com/jwks.json: ${text}`
  const url = new URL(text)
  if (url.protocol !== 'https:') return `has the scheme ${url.protocol.slice(0, -1)}; what decides who may sign is fetched over https alone`
  if (url.username || url.password) return 'has a user name in it; it would stand in logs'
  return url
}

/** The URL that vendors whitelist: https, a DNS name, nothing behind it. The eCW guide: never IP:PORT. */
export function parsePublicUrl (text: string): URL | string {
  if (!URL.canParse(text)) return `is not a URL such as https://jwks.example.com: ${text}`
  const url = new URL(text)
  if (url.protocol !== 'https:') return `has the scheme ${url.protocol.slice(0, -1)}; vendors fetch keys over https alone`
  if (isIP(url.hostname.replace(/^\[|\]$/g, ''))) return 'has an IP address; vendors whitelist a DNS name, never an IP'
  if (url.username || url.password) return 'has a user name in it; vendors fetch keys without credentials'
  if (url.pathname !== '/' || url.search || url.hash || text.endsWith('/')) {
    return 'has a path; give scheme and host alone: jwksd adds /.well-known/jwks.json itself'
  }
  return url
}
