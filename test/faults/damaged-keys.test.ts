// Damaged keys of every kind, dropped into the key directory of a running server: it lives, refuses
// each bad file by name, serves the good key all the time and signs with it. JWKSD_LONG=1: ten thousand files instead of 500.

import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { INFINITY_PEM, makeDamagedKeys } from '../support/damaged-keys.ts'
import { deploy } from '../support/deployment.ts'
import { startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

const BATCH = 100
const BATCHES = process.env.JWKSD_LONG ? 100 : 5
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 32)

t.test(`${BATCH * BATCHES} damaged keys`, { timeout: 900_000 }, async t => {
  t.comment(`SEED=${SEED}`)
  const deployment = await deploy(t, { config: { reload: { interval: '1s', skew: '1s' } } })
  const server = await startProgram(t, [], { cwd: deployment.directory })
  const fetch = makeFetch(deployment.ca)
  const jwks = async (): Promise<string> => (await fetch(`${server.origin}/.well-known/jwks.json`)).text
  const published = await jwks()
  const damaged = makeDamagedKeys(SEED)
  const seen = { refused: 0, taken: 0 }
  const problems = new Map<string, number>()
  for (let batch = 0; batch < BATCHES; batch++) {
    const made = path.join(deployment.directory, `batch-${batch}`)
    const dropped = path.join(deployment.keys, `batch-${batch}`)
    await mkdir(made, { mode: 0o700 })
    for (let i = 0; i < BATCH; i++) await writeFile(path.join(made, `${i}.pem`), i === 0 ? INFINITY_PEM : damaged.next().value, { mode: 0o600 })
    const from = server.log().length
    await rename(made, dropped)
    const refusals = await until(() => {
      const faults = server.log().slice(from).filter(({ msg }) => /^reload refused/.test(String(msg)))
      return faults.length > 0 ? faults : undefined
    })
    const named = new Set(refusals.map(({ where }) => String(where)).filter(where => /^keys\/batch-\d+\/\d+\.pem$/.test(where)))
    t.match(refusals.find(({ where }) => where === `keys/batch-${batch}/0.pem`), { problem: 'its public key is no point of the curve P-256' })
    t.strictSame(refusals.filter(({ hint, where }) => !hint || where === 'reload'), [], 'each fault is named')
    seen.refused += named.size
    seen.taken += BATCH - named.size
    for (const { problem } of refusals) problems.set(String(problem), (problems.get(String(problem)) ?? 0) + 1)
    t.equal(await jwks(), published, 'the good key is served')
    t.equal((await postSign(fetch, server.origin, deployment.apiKey, {})).status, 200, 'and signs')
    await rm(dropped, { recursive: true })
    await until(() => server.log().slice(from).some(({ msg }) => msg === 'the files are again as they were' || msg === 'reloaded'))
  }
  t.comment(`${seen.refused} files refused, for ${problems.size} reasons; ${seen.taken} are keys in spite of the damage`)
  t.ok(seen.refused > BATCH * BATCHES / 2)
  t.strictSame(server.log().filter(({ err }) => err), [])
  t.equal(await server.stop(), 0)
})
