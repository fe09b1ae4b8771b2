// Which addresses a probe may connect to. Rejects what is not reachable over the public Internet: a name that somebody
// else chose must not lead a check into the network that it runs in.

import ipaddr from 'ipaddr.js'

const range = (address: string): string => ipaddr.process(address).range()

/** True for an address of the public Internet (RFC 6890); IPv6 only within 2000::/3, which is all that is assigned. */
export function isGlobal (address: string): boolean {
  const parsed = ipaddr.process(address)
  return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || /^[23]/.test(parsed.toNormalizedString()))
}

/** True for a host that means the machine itself (RFC 6761 section 6.3). */
export function isLocalhost (host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '127.0.0.1' || host === '::1'
}

/** True where a probe of `host` may connect to `address`: a global one, or loopback where the host itself says so. */
export function mayConnect (host: string, address: string): boolean {
  return isGlobal(address) || (isLocalhost(host) && range(address) === 'loopback')
}
