// Checks of a URL and of the addresses of its name: what a vendor's machine needs before it sends a byte.

import { isIP, isIPv4 } from 'node:net'
import { isGlobal, isLocalhost } from './address.ts'
import { type Check, faulty, ok, warning } from './checks.ts'
import { hostOf, type Observed } from './probe.ts'

/** What OpenSSL and Node call a failure, for a reader. */
const MEANING: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ECONNRESET: 'the connection was closed (ECONNRESET)',
  EHOSTUNREACH: 'there is no route to it (EHOSTUNREACH)',
  ENETUNREACH: 'this machine has no route to it (ENETUNREACH)',
  ENOTFOUND: 'the name does not exist (ENOTFOUND)',
  EAI_AGAIN: 'the name server does not answer (EAI_AGAIN)',
  TIMEOUT: 'no answer in time'
}

/** A failure's code with its meaning. */
export const explain = (code: string): string => MEANING[code] ?? code

/** No route from here says nothing of the address: many machines have no IPv6. */
const isNoRoute = (code: string | undefined): boolean => code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL'

export const ADDRESS_CHECKS: ReadonlyArray<Check<Observed>> = [
  {
    name: 'url-form',
    looksAt: 'https, no user name, no fragment',
    why: 'a vendor registers the URL as it is and fetches exactly that',
    source: 'RFC 7517 section 8.1; SMART App Launch 2.2, client-confidential-asymmetric',
    judge: ({ url }) => {
      if (url.protocol !== 'https:') return faulty(`the scheme is ${url.protocol.slice(0, -1)}`, 'publish the set over https')
      if (url.username || url.password) return faulty('it has a user name or a password', 'remove them: the set is public, and several clients refuse such a URL')
      return url.hash ? warning('it has a fragment, which is never sent', 'remove what follows the #') : ok(url.href)
    }
  },
  {
    name: 'dns-name',
    looksAt: 'a DNS name, not an address',
    why: 'vendors whitelist names; eClinicalWorks takes no URL of the form IP:PORT',
    source: 'eClinicalWorks JWKS guide, step 2',
    judge: ({ url }) => {
      const host = hostOf(url)
      if (isIP(host)) return faulty(`${host} is an address`, 'give the server a DNS name and a certificate for it')
      if (isLocalhost(host)) return warning(`${host} is this machine`, 'a vendor needs a public name')
      return host.includes('.') ? ok(host) : faulty(`${host} is no full name`, 'use a name that is resolved on the public Internet')
    }
  },
  {
    name: 'port',
    looksAt: 'port 443',
    why: 'firewalls of vendors often allow outgoing connections only to port 443',
    source: 'common practice',
    judge: ({ url }) => url.port ? warning(`port ${url.port}`, 'publish the set on port 443, for instance behind a load balancer') : ok('443')
  },
  {
    name: 'resolution',
    looksAt: 'the name resolves',
    why: 'a vendor finds the server by its name',
    source: 'RFC 1034',
    judge: ({ resolveError, addresses }) => resolveError === undefined && addresses.length > 0
      ? ok(addresses.join(', '))
      : faulty(explain(resolveError ?? 'ENOTFOUND'), 'correct the DNS records of the name; both A and AAAA are looked up')
  },
  {
    name: 'ip-versions',
    looksAt: 'an IPv4 address, beside IPv6 or without',
    why: 'many networks of vendors have no IPv6',
    source: 'RFC 6540',
    judge: ({ url, addresses }) => {
      if (addresses.length === 0 || isIP(hostOf(url))) return undefined
      const v4 = addresses.filter(isIPv4).length
      if (v4 === 0) return faulty('only IPv6', 'add an A record')
      return ok(v4 < addresses.length ? 'IPv4 and IPv6' : 'IPv4')
    }
  },
  {
    name: 'private-address',
    looksAt: 'only addresses of the public Internet; others are not connected to',
    why: 'a vendor cannot reach a private, link-local or loopback address',
    source: 'RFC 6890',
    judge: ({ url, addresses, refused }) => {
      if (refused.length > 0) return faulty(`no connection was made to ${refused.join(', ')}`, 'correct the DNS records; to check a private server, use --allow-private')
      const inside = addresses.filter(address => !isGlobal(address))
      if (inside.length === 0 || isLocalhost(hostOf(url))) return undefined
      return warning(inside.join(', '), 'a vendor needs a public address')
    }
  },
  {
    name: 'reachable',
    looksAt: 'every address accepts a connection',
    why: 'clients choose one of the addresses, and not all of them try another',
    source: 'RFC 1794; RFC 8305',
    judge: ({ url, exchanges }) => {
      const seen = exchanges.map(({ address, failure }) => ({ address, code: failure?.stage === 'connect' ? failure.code : undefined }))
      const reached = seen.filter(({ code }) => code === undefined).map(({ address }) => address)
      const failed = seen.filter(({ code }) => code !== undefined && !(reached.length > 0 && (isNoRoute(code) || isLocalhost(hostOf(url)))))
      if (seen.length === 0) return undefined
      if (failed.length === 0) return ok(`${reached.join(', ')}`)
      return faulty(failed.map(({ address, code }) => `${address}: ${explain(code!)}`).join('; '), 'start the server there, open its firewall for everybody, or remove the DNS record')
    }
  }
]
