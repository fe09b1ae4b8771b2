// What a JWK Set costs: on connections that stay open, on new ones, and on new ones that resume a session.

import type { Running } from '../contenders.ts'
import { fireKeepAlive, fireNew, fireResumed, type Load, type Target } from '../load.ts'
import { JWKS_PATH } from '../program.ts'
import type { Table } from '../report.ts'
import { compare, onServer, type Round } from '../rounds.ts'
import type { Certificate } from '../site.ts'

/** How much is measured. */
export interface Effort { readonly rounds: number, readonly seconds: number, readonly connections: number }

const each = (servers: readonly Running[], fire: (target: Target) => Promise<Load>): Map<string, Round> =>
  new Map(servers.map(server => [server.name, onServer(server, async () => await fire({ url: server.origin + JWKS_PATH }))]))

export async function benchKeepAlive (servers: readonly Running[], { rounds, seconds }: Effort): Promise<Table> {
  return await compare({
    id: 'jwks', title: 'GET JWKS, connections stay open', note: 'Eight connections, one request at a time on each.'
  }, each(servers, async target => await fireKeepAlive(target, seconds)), { rounds })
}

export async function benchNew (servers: readonly Running[], certificate: Certificate, { rounds, connections }: Effort): Promise<Table> {
  return await compare({
    id: `new-${certificate}`,
    title: `GET JWKS, new connection, ${certificate === 'EC' ? 'P-256' : 'RSA 2048'} certificate`,
    note: `TLS 1.3 with a full handshake for each request; ${connections} connections at once.`
  }, each(servers, async target => await fireNew(target, connections)), { rounds })
}

/** A server counts where at least this share of connections resumes; several processes may not know each other's tickets. */
const RESUMED = 0.95

export async function benchResumed (servers: readonly Running[], { rounds }: Effort): Promise<Table> {
  const able: Running[] = []
  const others: string[] = []
  for (const server of servers) {
    const { resumed } = await fireResumed({ url: server.origin + JWKS_PATH })
    if (resumed >= RESUMED) able.push(server)
    else others.push(`${server.name} resumes ${Math.round(resumed * 100)} % of its sessions and is left out.`)
  }
  return await compare({
    id: 'resumed',
    title: 'GET JWKS, new connection that resumes a session',
    note: ['TLS 1.3 with a session ticket, one connection after the other.', ...others].join(' ')
  }, each(able, fireResumed), { rounds: Math.min(rounds, 3), warmUp: 0 })
}
