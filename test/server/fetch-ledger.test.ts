// The ledger of a whole server: one process or two, what was fetched is in the file when the server has ended.

import path from 'node:path'
import t, { type Test } from 'tap'
import { readLedger } from '../../src/observe/ledger.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { FetchLedger } from '../../src/server/fetch-ledger.ts'
import { PublicProcess } from '../../src/server/public-process.ts'
import { startServer } from '../../src/server/run.ts'
import { type Listeners, load } from '../../src/state/load.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'
import { makeFetch } from '../support/request.ts'
import { until } from '../support/until.ts'

const JWKS = '/.well-known/jwks.json'

interface Site { listeners?: Listeners, separate?: boolean, ledger?: boolean }

async function start (t: Test, { listeners = 'both', separate = false, ledger = true }: Site = {}) {
  const internal = (separate || listeners === 'internal') && { sign: { listen: '127.0.0.1:0' } }
  const { file, ca, directory } = await deploy(t, { config: { logLevel: 'silent', ...(ledger && { ledger: { file: 'ledger.json' } }), ...internal } })
  const publicProcess = separate ? new PublicProcess() : undefined
  const log = makeLogger('silent', { tty: false })
  const loaded = await load({ file, env: {}, now: NOW, listeners })
  const server = await startServer(loaded, { log, clock: () => NOW, ...(publicProcess && { publicProcess }) })
  const get = async () => await makeFetch(ca)(`https://localhost:${server.ports.public}${JWKS}`)
  const saved = async () => await readLedger({ ledger: { file: path.join(directory, 'ledger.json') } })
  return { server, get, saved, loaded }
}

for (const separate of [false, true]) {
  t.test(`${separate ? 'two processes' : 'one process'}: saved within a second or so, and at the end`, async t => {
    const { server, get, saved } = await start(t, { separate })
    await get()
    await until(async () => (await saved()).length > 0)
    await get()
    await server.close({ drain: 0 })
    t.strictSame(await server.fetches(), await saved())
    const figures = await server.metrics.registry.metrics()
    t.match(figures, /^jwksd_consumer_last_fetch_age_seconds\{set="default",consumer="default"\} -?\d+$/m)
    t.match(figures, /^jwksd_consumer_missing_keys\{set="default",consumer="default"\} 0$/m)
    t.notMatch(figures, /127\.0\.0/, 'strangers have no metrics')
    t.match(await saved(), [{ consumer: '127.0.0.0/24 none', count: 2 }, { consumer: 'default', set: 'default', count: 2 }])
  })
}

t.test('without a ledger nothing is recorded; the internal listener by itself only reads', async t => {
  const { server, get, saved } = await start(t, { ledger: false })
  await get()
  await server.close({ drain: 0 })
  t.strictSame(await saved(), [])
  const internal = await start(t, { listeners: 'internal' })
  const { health, metrics } = internal.server
  const ledger = new FetchLedger({ current: () => internal.loaded, clock: () => NOW, health, metrics, log: makeLogger('silent', { tty: false }) })
  t.strictSame([await ledger.fetches(), ledger.recorder], [[], undefined])
  t.notMatch(await metrics.registry.metrics(), /consumer_missing/)
  await internal.server.close({ drain: 0 })
  t.strictSame(await internal.saved(), [])
})
