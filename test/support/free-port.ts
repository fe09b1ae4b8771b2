// Ports that were free a moment ago, for programs and configurations that name their port before they listen.

import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that the system gives to outgoing connections (ip(7), ip_local_port_range): none of them takes one in between. */
const LOWEST = 20_000
const HIGHEST = 32_767

/** `count` different ports of the loopback. */
export async function freePorts (count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = randomInt(LOWEST, HIGHEST + 1)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

export async function freePort (): Promise<number> {
  const [port] = await freePorts(1)
  return port!
}

async function isFree (port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    await once(server.close(), 'close')
    return true
  } catch {
    return false
  }
}
