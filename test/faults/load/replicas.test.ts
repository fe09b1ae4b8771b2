// Three replicas behind haproxy with one key directory. They serve the same bytes at each instant of a rotation, and all tokens of
// the rotation are verified, while one replica after the other is killed and started again. With one retry no request fails, without it
// some do. haproxy has the configuration deploy/haproxy.cfg. JWKSD_LONG=1: 60 kills instead of 3.

import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { deploy } from '../../support/deployment.ts'
import { freePorts } from '../../support/free-port.ts'
import { NOTICED, startBalancer } from '../../support/haproxy.ts'
import { type RunningServer, runProgram, startProgram } from '../../support/program.ts'
import { makeFetch } from '../../support/request.ts'
import { until } from '../../support/until.ts'

const KILLS = process.env.JWKSD_LONG ? 60 : 3
const CALLERS = 10
/** From the first bytes of a request to the last, so that some are always being answered (milliseconds). */
const UPLOAD = 50
const JWKS = '/.well-known/jwks.json'

interface Counted { asked: number, retried: string[], failed: string[], verified: number, unverified: string[] }

/** Asks for a token, slowly, with an agent that keeps its connection or over a new connection. */
async function ask (url: string, { apiKey, ca }: { apiKey: string, ca: string }, agent: Agent | false): Promise<string> {
  return await new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'content-length': 2 }
    const sent = request(`${url}/sign`, { method: 'POST', headers, ca, servername: 'localhost', family: 4, agent }, answer => {
      let text = ''
      answer.setEncoding('utf8').on('data', (more: string) => { text += more }).on('error', reject)
      answer.on('end', () => { if (answer.statusCode === 200) resolve(text); else reject(new Error(`${answer.statusCode} ${text}`)) })
    }).on('error', reject)
    sent.write('{')
    setTimeout(() => { sent.end('}') }, UPLOAD)
  })
}

t.test(`${KILLS} kills behind haproxy during a rotation`, { timeout: 120_000 + KILLS * 30_000 }, async t => {
  const deployment = await deploy(t, {
    config: {
      reload: { interval: '1s', skew: '1s' },
      sets: { default: { maxAge: '3s', lead: '9s', retire: '7s' } },
      profiles: { plain: { preset: 'jwt', ttl: { default: '4s', max: '4s' } } }
    }
  })
  const { directory: cwd, ca } = deployment
  const ports = await freePorts(3)
  const start = async (i: number): Promise<RunningServer> => {
    const file = path.join(cwd, `${i}.yaml`)
    const config = { ...parse(readFileSync(deployment.file, 'utf8')), listen: `127.0.0.1:${ports[i]}`, audit: { file: `audit-${i}.jsonl` } }
    writeFileSync(file, stringify(config, { aliasDuplicateObjects: false }))
    return await startProgram(t, ['--config', file], { cwd })
  }
  const replicas = await Promise.all([0, 1, 2].map(start))
  const { origins, found } = await startBalancer(t, deployment, 'replicas', ports)
  const fetch = makeFetch(ca)
  for (const origin of origins) await until(async () => await fetch(`${origin}/readyz`).then(({ status }) => status === 200, () => false))

  const counted: Counted = { asked: 0, retried: [], failed: [], verified: 0, unverified: [] }
  /** One retry, at once. */
  const retry = async <T>(first: () => Promise<T>, second: () => Promise<T>): Promise<T | undefined> => {
    counted.asked++
    return await first().catch(async error => {
      counted.retried.push(String(error))
      return await second()
    }).catch(error => {
      counted.failed.push(String(error))
      return undefined
    })
  }
  /** A consumer that asks for the JWK Set when its copy has expired, and not before. */
  let copy: { keys: ReturnType<typeof createLocalJWKSet>, until: number } | undefined
  const keysOf = async (origin: string) => {
    if (copy && performance.now() < copy.until) return copy.keys
    const get = async () => await fetch(`${origin}${JWKS}`)
    const answer = await retry(get, get)
    if (!answer) return undefined
    const age = Number(/max-age=(\d+)/.exec(answer.headers['cache-control']!)![1])
    copy = { keys: createLocalJWKSet(answer.json() as JSONWebKeySet), until: performance.now() + age * 1000 }
    return copy.keys
  }
  const load = { isOver: false }
  const kids = new Set<string>()
  const call = async (origin: string): Promise<void> => {
    const agent = new Agent({ ca, keepAlive: true, maxSockets: 1, timeout: 10_000 })
    while (!load.isOver) {
      const text = await retry(async () => await ask(origin, deployment, agent), async () => await ask(origin, deployment, false))
      const keys = await keysOf(origin)
      if (text === undefined || !keys) continue
      const { token, kid, exp } = JSON.parse(text) as { token: string, kid: string, exp: number }
      kids.add(kid)
      await jwtVerify(token, keys).then(() => { counted.verified++ }, error => {
        if (Date.now() / 1000 < exp) counted.unverified.push(String(error)) // else this machine was too slow for its life
      })
    }
    agent.destroy()
  }
  const calls = Array.from({ length: CALLERS }, async (_, i) => { await call(origins[i % 5 === 4 ? 1 : 0]) })

  /** The answers of the replicas that run, at one moment; undefined where a second has passed meanwhile. */
  const sample = async (): Promise<string[] | undefined> => {
    const second = Math.floor(Date.now() / 1000)
    const answers = await Promise.all(ports.map(async port => await fetch(`https://localhost:${port}${JWKS}`).catch(() => undefined)))
    if (Math.floor(Date.now() / 1000) !== second) return undefined
    return answers.filter(answer => answer !== undefined).map(({ text, headers }) => [headers.etag, headers['cache-control'], text].join(' '))
  }
  const seen = new Map<string, number>()
  const different: string[][] = []
  /** @returns false where nothing could be compared */
  const compare = async (): Promise<boolean> => {
    await sleep(1100 - Date.now() % 1000)
    const answers = await sample()
    if (!answers || answers.length < 2) return false
    seen.set(answers[0]!, (seen.get(answers[0]!) ?? 0) + 1)
    if (new Set(answers).size > 1) different.push(answers)
    return true
  }
  await until(compare)
  const { code, stdout, stderr } = await runProgram(['rotate', 'default', '--begin', '--json'], { cwd })
  t.equal(code, 0, stderr)
  const plan = (JSON.parse(stdout) as { plan: Array<{ event: string, at: string }> }).plan.map(({ at }) => Date.parse(at))
  await until(async () => (await sample())?.every(answer => answer.split('"kid"').length === 3))
  const rotated = async (): Promise<void> => {
    while (Date.now() < Math.max(...plan) + 1000) await compare()
    await until(compare)
  }
  const kill = async (): Promise<void> => {
    for (let i = 0; i < KILLS; i++) {
      await replicas[i % 3]!.stop('SIGKILL')
      replicas[i % 3] = await start(i % 3)
      await sleep(NOTICED)
      await found(i % 3, 'UP')
    }
  }
  await Promise.all([rotated(), kill()]).finally(() => { load.isOver = true })
  await Promise.all(calls)

  const samples = [...seen.values()].reduce((sum, count) => sum + count, 0)
  t.strictSame(different, [], `${samples} moments, ${seen.size} different answers: all replicas send the same`)
  t.ok(new Set([...seen.keys()].map(answer => answer.split(' ')[0])).size > 2, 'control: the JWK Set with the old key, with both, with the new one')
  t.equal(kids.size, 2, 'both keys have signed')
  t.strictSame(counted.unverified, [])
  t.strictSame(counted.failed, [])
  t.not(counted.retried.length, 0, 'control: without a retry requests fail')
  t.comment(`${counted.asked} requests, ${counted.retried.length} answered at the second try, 0 failed; ${counted.verified} verifications, 0 failed`)
  t.comment([...new Set(counted.retried)].slice(0, 5).join('\n'))
})
