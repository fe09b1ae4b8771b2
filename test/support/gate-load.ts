// A process that signs all the time for some sets and has every token verified by six relying parties of each set. One of
// them sleeps from the line `sleep` on its standard input to the line `wake`: it verifies with the copy that it has. At
// `end` the counts are printed as JSON.

import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { compactVerify, createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet } from 'jose'
import { CACHE, makeVerifiers, type Verifier } from './caching-verifiers.ts'

/** What the relying parties of one set have said. */
export interface Counts {
  signed: number
  unsigned: string[]
  /** Kids of the tokens. */
  kids: string[]
  verified: Record<string, number>
  failed: Record<string, number>
  /** The first failures, to be read by a person. */
  reasons: string[]
}

const [origin, apiKey, perSecond, ...sets] = process.argv.slice(2) as [string, string, string, ...string[]]
/** Ages (ms) at which a token of twenty seconds is verified. */
const AGES = [0, 2000, 4000]
/** A verification that begins later proves nothing (milliseconds): this machine was too slow for the token's life. */
const LATEST = 15_000
let isAsleep = false
let hasEnded = false

function makeSleeper (url: string, agent: string): Verifier {
  let copy: Promise<ReturnType<typeof createLocalJWKSet>> | undefined
  let until = 0
  const fetchKeys = async (): Promise<ReturnType<typeof createLocalJWKSet>> =>
    createLocalJWKSet(await (await fetch(url, { headers: { 'user-agent': agent } })).json() as JSONWebKeySet)
  return {
    name: 'sleeper',
    verify: async token => {
      if (!isAsleep && performance.now() >= until) {
        until = performance.now() + CACHE
        copy = fetchKeys()
      }
      return await compactVerify(token, (await copy)!)
    }
  }
}

async function sign (profile: string): Promise<string> {
  const answer = await fetch(`${origin}/sign`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ profile, claims: { sub: 'backend', aud: 'https://example.com' } })
  })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json() as { token: string }).token
}

async function followToken (set: string, counts: Counts, verifiers: readonly Verifier[]): Promise<void> {
  const start = performance.now()
  const token = await sign(set).catch((error: Error) => { counts.unsigned.push(`${error.message} ${String(error.cause ?? '')}`) })
  if (token === undefined) return
  counts.signed++
  const { kid } = decodeProtectedHeader(token)
  if (!counts.kids.includes(kid!)) counts.kids.push(kid!)
  for (const age of AGES) {
    await sleep(Math.max(0, start + age - performance.now()))
    if (hasEnded || performance.now() > start + LATEST) return
    await Promise.all(verifiers.map(async ({ name, verify }) => {
      try {
        await verify(token)
        counts.verified[name] = (counts.verified[name] ?? 0) + 1
      } catch (error) {
        counts.failed[name] = (counts.failed[name] ?? 0) + 1
        if (counts.failed[name] <= 3) counts.reasons.push(`${name}, token ${age} ms old: ${(error as Error).message}`)
      }
    }))
  }
}

const all: Record<string, Counts> = {}
for (const set of sets) {
  const counts: Counts = all[set] = { signed: 0, unsigned: [], kids: [], verified: {}, failed: {}, reasons: [] }
  const url = `${origin}/${set}`
  const verifiers = [...makeVerifiers(url, set), makeSleeper(`${url}/.well-known/jwks.json`, `${set}-sleeper`)]
  setInterval(() => { void followToken(set, counts, verifiers) }, 1000 / Number(perSecond))
}
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'end') break
  isAsleep = line === 'sleep'
}
hasEnded = true
process.stdout.write(JSON.stringify(all) + '\n', () => process.exit(0))
