// Whose fetch a request is: consumers by network and User-Agent, everybody else by groups of strangers. Behind proxies that
// are trusted, the address is the last one of X-Forwarded-For that no such proxy has.

import type { IncomingMessage } from 'node:http'
import { type BlockList, isIP } from 'node:net'
import { namedConsumersOf } from '../config/consumers.ts'
import type { Config } from '../config/types.ts'
import { toBlockList } from '../config/units.ts'

/** A record that a fetch counts for. */
export interface Target { readonly consumer: string, readonly set: string }

/** `203.0.113.7` of `203.0.113.7`, `::ffff:203.0.113.7` or `203.0.113.7:443`; `2001:db8::1` of `[2001:db8::1]:443`. */
function plainAddress (text: string): string {
  const [, v6, v4] = /^\[([^\]]*)\](?::\d+)?$|^(?:::ffff:)?([\d.]+)(?::\d+)?$/.exec(text) ?? []
  return (v6 ?? v4 ?? text).replace(/%.*$/, '')
}

const holds = (networks: BlockList, address: string): boolean => networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** Gives the address that a request comes from. What X-Forwarded-For says left of an untrusted address may be invented. */
export function readAddress (trustProxy: readonly string[]): (request: IncomingMessage) => string {
  const trusted = toBlockList(trustProxy)
  return ({ socket, headers }) => {
    let address = plainAddress(socket.remoteAddress ?? '')
    if (trustProxy.length === 0) return address
    const hops = String(headers['x-forwarded-for'] ?? '').split(',').map(hop => plainAddress(hop.trim()))
    while (isIP(address) !== 0 && holds(trusted, address)) {
      const before = hops.pop()
      if (before === undefined || isIP(before) === 0) break
      address = before
    }
    return address
  }
}

/** `203.0.113.0/24 curl`: the network (/24 or /48) and the first word of the User-Agent. */
function strangerOf (address: string, userAgent: string): string {
  const [head = ''] = address.split('::')
  const network = isIP(address) === 4
    ? address.replace(/\d+$/, '0/24')
    : `${[...head.split(':'), '0', '0'].map(group => group || '0').slice(0, 3).join(':')}::/48`
  const family = userAgent === '' ? 'none' : /^[A-Za-z][\w.-]{0,30}/.exec(userAgent)?.[0] ?? 'other'
  return `${network} ${family}`
}

/**
 * Finds the records that a fetch of a body counts for.
 * @param sets the URL's own set, then the others whose keys are in the body
 */
export function matchConsumers (
  config: Pick<Config, 'consumers' | 'sets'>, sets: readonly string[]
): (address: string, userAgent: string) => readonly Target[] {
  const url = sets[0]!
  const candidates = [...config.consumers].filter(([, { set }]) => sets.includes(set)).map(([consumer, { set, from, userAgent }]) =>
    ({ consumer, sets: set === url ? sets : [set], from: from.length > 0 ? toBlockList(from) : undefined, userAgent: userAgent?.toLowerCase() ?? '' }))
  const unnamed = sets.filter(set => namedConsumersOf(set, config).length === 0).map(set => ({ consumer: set, set }))
  return (address, userAgent) => {
    const lower = userAgent.toLowerCase()
    const isKnown = isIP(address) !== 0
    const found = candidates.filter(one => lower.includes(one.userAgent) && (!one.from || (isKnown && holds(one.from, address))))
    const named = found.flatMap(one => one.sets.map(set => ({ consumer: one.consumer, set })))
    return [...named, ...unnamed, ...named.length > 0 ? [] : [{ consumer: strangerOf(address, userAgent), set: url }]]
  }
}
