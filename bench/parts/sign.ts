// What a token costs, beside servers that do no more than sign, and beside the signature as such.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Running } from '../contenders.ts'
import { fireKeepAlive, type Load, type Target } from '../load.ts'
import type { Alg, Site } from '../peers/site.ts'
import type { Table } from '../report.ts'
import { compare, onServer, type Round } from '../rounds.ts'
import type { Effort } from './web.ts'

const TITLES: Readonly<Record<Alg, string>> = { RS384: 'RS384, RSA 3072', RS256: 'RS256, RSA 2048', ES256: 'ES256, P-256' }
/** The rows that are no server's. */
export const SIGNATURE = 'signature, no server'
export const POST = 'bare, no signature'

function bareLoop (alg: Alg, file: string, seconds: number): Round {
  const script = fileURLToPath(new URL('../peers/bare-loop.js', import.meta.url))
  return async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, alg, file, String(seconds)])
    return JSON.parse(stdout) as Load & { cpu: number }
  }
}

export async function benchSign (servers: readonly Running[], alg: Alg, keys: Site['keys'], { rounds, seconds }: Effort): Promise<Table> {
  const signing = servers.filter(({ sign }) => sign)
  const fire = (server: Running, target: Target): Round => onServer(server, async () => await fireKeepAlive(target, seconds))
  const contenders = new Map(signing.map(server => [server.name, fire(server, server.sign!(alg))]))
  const bare = signing.at(-1)!
  const target = bare.sign!(alg)
  contenders.set(POST, fire(bare, { ...target, url: target.url.replace(alg, 'none') }))
  contenders.set(SIGNATURE, bareLoop(alg, keys[alg], seconds))
  return await compare({
    id: `sign-${alg}`,
    title: `POST /sign, ${TITLES[alg]}`,
    note: 'jwksd with authentication, policy and audit, node-oidc-provider with a client secret, the others without any of these; eight connections.'
  }, contenders, { rounds })
}
