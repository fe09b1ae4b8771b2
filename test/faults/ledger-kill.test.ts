// kill -9 while fetches are recorded, again and again: the ledger can always be read, and never claims a fetch or a key that
// was not served.

import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { readLedger } from '../../src/observe/ledger.ts'
import { deploy } from '../support/deployment.ts'
import { startProgram } from '../support/program.ts'
import { keepAlive, makeFetch } from '../support/request.ts'

const KILLS = process.env.JWKSD_LONG ? 100 : 3

t.test(`kill -9 ${KILLS} times while fetches are recorded`, { timeout: KILLS * 20_000 }, async t => {
  const { file, directory, ca } = await deploy(t, { config: { ledger: { file: 'ledger.json' }, sign: { listen: '127.0.0.1:0' } } })
  const fetch = makeFetch(ca)
  const served = new Set<string>()
  let [begun, lost] = [0, 0]
  const known = async () => (await readLedger({ ledger: { file: path.join(directory, 'ledger.json') } })).find(({ consumer }) => consumer === 'default')
  for (let kill = 0; kill < KILLS; kill++) {
    const { origin, stop } = await startProgram(t, ['--config', file], { cwd: directory })
    const before = (await known())?.count ?? 0
    const agent = keepAlive(ca)
    const asking = (async () => {
      for (;;) {
        begun++
        const { json, headers } = await fetch(`${origin}/.well-known/jwks.json`, { agent })
        for (const { kid } of json().keys) served.add(kid as string).add(headers.etag!)
      }
    })().catch(() => {})
    await sleep(1000 + kill * 373 % 1000) // at another moment of the second in which it writes, each time
    await stop('SIGKILL')
    await asking
    const found = await known()
    const count = found?.count ?? 0
    t.ok(count >= before && count <= begun, `kill ${kill + 1}: ${count} of ${begun} fetches`)
    t.ok([...found?.kids.keys() ?? [], found?.etag ?? ''].every(name => name === '' || served.has(name)))
    if (count === before) lost++
  }
  t.ok(lost < KILLS, 'control: something was written')
})
