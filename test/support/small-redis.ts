// The few commands of Redis that the ledger and the limits use, over TCP in this process, for tests that must run without a
// Redis server. test/programs/ledger-redis.test.ts and test/programs/shared-limits.test.ts ask the real one.

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

interface Teardown { teardown: (end: () => void) => void }

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`
const list = (items: readonly string[]): string => `*${items.length}\r\n${items.join('')}`

export interface SmallRedis {
  readonly url: URL
  readonly hash: Map<string, string>
  /** What limits count. */
  readonly counts: Map<string, number>
  /** Commands until now. */
  readonly commands: string[][]
  /** Called before EXEC: another replica may write. True makes EXEC fail. */
  beforeExec: () => boolean
  /** Answers of EXEC are lost. */
  losesAnswers: boolean
  /** Nothing is answered. */
  hangs: boolean
  /** The answer in place of a count; an empty one is none. */
  refusal: string | undefined
  readonly close: () => void
}

/** @param port 0 for any */
export async function startSmallRedis (t: Teardown, port = 0): Promise<SmallRedis> {
  const sockets = new Set<Socket>()
  const strings = new Set<string>()
  let version = 0
  const run = ([name, key, ...rest]: string[]): string => {
    if (name === 'hgetall') return list([...redis.hash].flat().map(bulk))
    if (name === 'exists') return `:${Number(strings.has(key!))}\r\n`
    if (name === 'set') strings.add(key!)
    if (name === 'eval' || name === 'evalsha') return redis.refusal ?? count(rest)
    if (name === 'hset' || name === 'hdel') version++
    if (name === 'hset') for (let i = 0; i < rest.length; i += 2) redis.hash.set(rest[i]!, rest[i + 1]!)
    if (name === 'hdel') for (const field of rest) redis.hash.delete(field)
    return '+OK\r\n'
  }
  /** The script of rate-limiter-flexible. Nothing expires. */
  const count = ([, key, points, seconds]: string[]): string => {
    const counted = (redis.counts.get(key!) ?? 0) + Number(points)
    redis.counts.set(key!, counted)
    return list([`:${counted}\r\n`, `:${Number(seconds) * 1000}\r\n`])
  }
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}))
    let text = ''
    let queue: string[][] | undefined
    let watched = 0
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      for (let match; (match = /^\*(\d+)\r\n/.exec(text)); text = text.slice(match[0].length)) {
        const parts: string[] = []
        let rest = text.slice(match[0].length)
        for (let i = 0; i < Number(match[1]); i++) {
          const [head, size] = /^\$(\d+)\r\n/.exec(rest)!
          parts.push(rest.slice(head.length, head.length + Number(size)))
          rest = rest.slice(head.length + Number(size) + 2)
        }
        text = match[0] + rest
        const command = [parts[0]!.toLowerCase(), ...parts.slice(1)]
        redis.commands.push(command)
        if (redis.hangs) continue
        if (command[0] === 'watch') watched = version
        if (command[0] === 'multi') queue = []
        else if (command[0] === 'exec') {
          const answer = redis.beforeExec() || watched !== version ? '*-1\r\n' : list(queue!.map(run))
          queue = undefined
          if (redis.losesAnswers) socket.destroy()
          else socket.write(answer)
          continue
        } else if (queue) {
          queue.push(command)
          socket.write('+QUEUED\r\n')
          continue
        }
        socket.write(command[0] === 'multi' ? '+OK\r\n' : run(command))
      }
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  t.teardown(close)
  const url = new URL(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const redis: SmallRedis = {
    url,
    hash: new Map(),
    counts: new Map(),
    commands: [],
    beforeExec: () => false,
    losesAnswers: false,
    hangs: false,
    refusal: undefined,
    close
  }
  return redis
}
