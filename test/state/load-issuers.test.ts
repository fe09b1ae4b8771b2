// The files that issuers need are looked at before a listener opens, and only where they will be used.

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { type Listeners, load } from '../../src/state/load.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'
import { faultsOf } from '../support/faults.ts'
import { AUDIENCE, ISSUER } from '../support/identity-provider.ts'

t.test('a missing CA or token file stops the start of a listener that signs', async t => {
  const idp = { issuer: ISSUER, audience: AUDIENCE, algs: ['RS256'], jwksUrl: `${ISSUER}/jwks.json` }
  const { file, directory } = await deploy(t, {
    config: { issuers: { plain: idp, cluster: { ...idp, issuer: 'cluster', ca: 'cluster.pem', tokenFile: 'token' } } }
  })
  const faults = async (listeners: Listeners, tls = true): Promise<string[]> =>
    (await faultsOf(async () => await load({ file, env: {}, now: NOW, listeners, tls })))
      .map(({ where, problem }) => `${path.basename(where)}: ${problem}`)
  const missing = ': is not there, or is a symbolic link that points nowhere'
  t.strictSame(await faults('both'), [`cluster.pem${missing}`, `token${missing}`])
  t.strictSame(await faults('public'), [], 'a public listener fetches no keys')
  t.strictSame(await faults('both', false), [], 'signing from the shell asks no issuer')
  writeFileSync(path.join(directory, 'cluster.pem'), 'no certificate')
  writeFileSync(path.join(directory, 'token'), 'abc')
  t.strictSame(await faults('both'), ['cluster.pem: there is no PEM block in it'])
})
