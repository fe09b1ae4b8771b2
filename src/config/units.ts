// The configuration's notations other than times: rates, addresses, URLs.
// Each parser returns a typed value, or throws a FaultsError that names no place: its caller knows that.

import { BlockList, isIP } from 'node:net'
import { fault, type FaultsError } from '../core/errors.ts'

export interface Address { readonly host: string, readonly port: number }
export interface Rate { readonly count: number, readonly seconds: number }

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600 }

/** `20/s`, `600/m`, `5000/h`. */
export function parseRate (text: string): Rate {
  const [, count, unit] = /^([1-9]\d{0,5})\/([smh])$/.exec(text) ?? []
  if (count === undefined) throw fault('', `is not a rate such as 20/s, 600/m or 5000/h: ${text}`, 'write a number, a slash and a unit: s, m or h')
  return { count: Number(count), seconds: SECONDS[unit!]! }
}

/** `0.0.0.0:8443`, `[::1]:8443`, `localhost:8443`. */
export function parseAddress (text: string): Address {
  const [, v6, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === undefined || port > 65535) {
    throw fault('', `is not an address such as 0.0.0.0:8443 or [::]:8443: ${text}`, 'write a host, a colon and a port, for instance 0.0.0.0:8443')
  }
  return { host: v6 ?? name!, port }
}

/** An address as a text that `parseAddress` reads. */
export function formatAddress ({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** `203.0.113.0/24`, `2001:db8::/32`, or one address. */
export function parseCidr (text: string): string {
  const [, address, bits] = /^([0-9a-fA-F.:]+?)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const longest = address === undefined ? 0 : { 0: 0, 4: 32, 6: 128 }[isIP(address)]!
  if (longest === 0 || Number(bits ?? longest) > longest) {
    throw fault('', `is not a network or address: ${text}`, 'write it as in 203.0.113.0/24 or 2001:db8::/32')
  }
  return text
}

/** The prefix of a network that `parseCidr` has read: all bits for one address. */
const splitCidr = (cidr: string): { address: string, prefix: number, family: 'ipv4' | 'ipv6' } => {
  const [address, prefix] = cidr.split('/') as [string, string?]
  const family = address.includes(':') ? 'ipv6' : 'ipv4'
  return { address, prefix: Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family }
}

/** True for a network of all addresses. */
export const isTooWide = (cidr: string): boolean => splitCidr(cidr).prefix === 0

/** Networks that `parseCidr` has read, ready to be asked. */
export function toBlockList (cidrs: readonly string[]): BlockList {
  const found = new BlockList()
  for (const { address, prefix, family } of cidrs.map(splitCidr)) found.addSubnet(address, prefix, family)
  return found
}

/** `redis://host:6379`, `rediss://:password@host/1`. What it throws never repeats the text, which may hold a password. */
export function parseRedisUrl (text: string): URL {
  const url = toUrl(text)
  if (!url || !/^rediss?:$/.test(url.protocol) || !url.hostname || !/^(\/\d*)?$/.test(url.pathname) || url.search || url.hash) {
    throw fault('', 'is not the URL of a Redis server', 'write it as in rediss://redis.example.com:6379 or redis://:PASSWORD@127.0.0.1/1')
  }
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    throw fault('', 'has a % in its user name or password that stands for no character', 'write % in a user name or password as %25')
  }
  return url
}

/** A URL may keep a bare %, at which ioredis would fail. */
function isDecodable (text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** Not URL.canParse: on Node 20, once that is optimized, it says false of texts that are not ASCII. */
function toUrl (text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

function parseUrl (text: string, example: string, credentials: string): URL {
  const refuse = (problem: string): FaultsError => fault('', problem, `write it as in ${example}`)
  const url = toUrl(text)
  if (!url) throw refuse(`is not a URL: ${text}`)
  if (url.protocol !== 'https:') throw refuse(`has the scheme ${url.protocol.slice(0, -1)}; only https is safe here`)
  if (url.username || url.password) throw refuse(`has a user name in it; ${credentials}`)
  return url
}

/** An https URL to fetch something from: any host and path, no credentials. */
export function parseHttpsUrl (text: string): URL {
  return parseUrl(text, 'https://id.example.com/jwks.json', 'it would stand in logs')
}

/** The URL that vendors whitelist: https, a DNS name, nothing behind it. The eCW guide: never IP:PORT. */
export function parsePublicUrl (text: string): URL {
  const url = parseUrl(text, 'https://jwks.example.com', 'vendors fetch keys without credentials')
  if (isIP(url.hostname.replace(/^\[|\]$/g, ''))) {
    throw fault('', 'has an IP address; vendors whitelist a DNS name, never an IP', 'give the DNS name that vendors whitelist, for instance https://jwks.example.com')
  }
  if (url.pathname !== '/' || url.search || url.hash || text.endsWith('/')) {
    throw fault('', 'has a path; jwksd adds /.well-known/jwks.json itself', `write scheme and host only: ${url.origin}`)
  }
  return url
}
