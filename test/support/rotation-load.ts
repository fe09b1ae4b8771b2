// A process that signs all the time and has every token verified by all relying parties, fresh and old. Driven by
// lines on its standard input: `phase <name>` counts under that name from now on, `end` prints the counts as JSON.

import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeVerifiers, OIDC_CLIENT, startProvider, type Verifier } from './caching-verifiers.ts'

/** Verifications and failures of one phase. */
export interface Phase {
  signed: number
  unsigned: string[]
  verified: Record<string, number>
  failed: Record<string, number>
  /** Verifications that ended after the token's life. */
  late: number
  /** The first failures, to be read by a person. */
  reasons: string[]
}

const [origin, apiKey, perSecond, cert, key] = process.argv.slice(2) as [string, string, string, string, string]
/** Ages (ms) at which a token of ten seconds is verified. */
const AGES = [0, 2500, 5000, 7500]
const phases: Record<string, Phase> = {}
let phase = ''
let ended = false

const provider = await startProvider(origin, { cert, key })
const verifiers = makeVerifiers(origin)

async function sign (profile: string): Promise<{ token: string, exp: number }> {
  const ask = async (): Promise<Response> => await fetch(`${origin}/sign`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ profile, claims: { iss: OIDC_CLIENT, sub: OIDC_CLIENT, aud: `${provider.issuer}/token` } })
  })
  // On a busy machine this process may be too slow for a connection, which the server then closes: it asks once more.
  const answer = await ask().catch(ask)
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return await answer.json() as { token: string, exp: number }
}

/** What a token meets belongs to the phase in which it was signed. */
async function followToken (counts: Phase, profile: string, asked: readonly Verifier[]): Promise<void> {
  const signed = await sign(profile).catch((error: Error) => { counts.unsigned.push(`${error.message} ${String(error.cause ?? '')}`) })
  if (!signed) return
  counts.signed++
  const { token, exp } = signed
  const start = performance.now()
  for (const age of asked.every(({ once }) => once) ? AGES.slice(0, 1) : AGES) {
    await sleep(Math.max(0, start + age - performance.now()))
    if (ended || Date.now() / 1000 > exp - 1) return
    await Promise.all(asked.map(async ({ name, verify }) => {
      try {
        await verify(token)
        counts.verified[name] = (counts.verified[name] ?? 0) + 1
      } catch (error) {
        if (Date.now() / 1000 >= exp) return counts.late++ // this machine was too slow for the token's life
        counts.failed[name] = (counts.failed[name] ?? 0) + 1
        if (counts.failed[name] <= 3) counts.reasons.push(`${name}, token ${age} ms old: ${(error as Error).message}`)
      }
    }))
  }
}

setInterval(() => {
  if (phase === '') return
  void followToken(phases[phase]!, 'plain', verifiers)
  void followToken(phases[phase]!, 'slow', [provider])
}, 1000 / Number(perSecond))
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const [word, name] = line.split(' ')
  if (word === 'end') break
  phase = name!
  phases[phase] = { signed: 0, unsigned: [], verified: {}, failed: {}, late: 0, reasons: [] }
}
ended = true
process.stdout.write(JSON.stringify(phases) + '\n', () => process.exit(0))
