// Ports that were free a moment ago, for programs and configurations that name their port before they listen.

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** `count` different ports of the loopback. */
export async function freePorts (count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(async server => { await once(server, 'listening') }))
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(async server => { await once(server.close(), 'close') }))
  return ports
}

export async function freePort (): Promise<number> {
  const [port] = await freePorts(1)
  return port!
}
