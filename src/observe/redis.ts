// Connections to Redis, and what is said where one fails: never the URL, which may hold a password.

import { isIP } from 'node:net'
import type { Redis, RedisOptions } from 'ioredis'
import type { Fault } from '../core/errors.ts'

/** How long a connection and a command may take (milliseconds). */
const PATIENCE = 1000

/** A client that connects when it is asked to. ioredis is loaded only where Redis is configured. */
export async function makeRedis ({ href, hostname, protocol }: URL, options: Omit<RedisOptions, 'replyMapping'>): Promise<Redis> {
  const { Redis } = await import('ioredis')
  const client = new Redis(href, {
    connectTimeout: PATIENCE,
    commandTimeout: PATIENCE,
    maxRetriesPerRequest: 0,
    lazyConnect: true,
    ...(protocol === 'rediss:' && isIP(hostname) === 0 && { tls: { servername: hostname } }), // ioredis sends no SNI by itself
    ...options
  })
  return client.on('error', () => {}) // commands and the callers' own listeners say it, too
}

/** @param effect what that means until Redis answers, for the hint */
export function explainRedis ({ host, password }: URL, { message }: Error, effect: string): Fault {
  const problem = password === '' ? message : message.replaceAll(password, '…').replaceAll(decodeURIComponent(password), '…')
  return { where: `redis ${host}`, problem: `does not answer: ${problem}`, hint: `look at the server and at redis.url; until then ${effect}` }
}
