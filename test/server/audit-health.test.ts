// A server whose audit log is taken away signs nothing, serves its keys, says why, and recovers without a restart.

import { readFileSync, symlinkSync, unlinkSync } from 'node:fs'
import t from 'tap'
import { follow } from '../support/followed-server.ts'
import { postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

t.test('a link in place of the audit log', async t => {
  const { origin, internal, fetch, apiKey, audit } = await follow(t, { config: { sign: { listen: '127.0.0.1:0' } } })
  const sign = async () => (await postSign(fetch, internal, apiKey, {})).status
  const ready = async () => await fetch(`${internal}/readyz`)
  t.equal(await sign(), 200)
  unlinkSync(audit)
  symlinkSync('/dev/null', audit)
  t.equal(await sign(), 503)
  t.match((await ready()).json(), { status: 'failing', audit: { faults: [{ where: audit, problem: /ELOOP/ }] } })
  t.equal((await fetch(`${origin}/.well-known/jwks.json`)).status, 200)
  t.match((await fetch(`${internal}/metrics`)).text, /^jwksd_audit_failures_total [1-9]/m)
  unlinkSync(audit)
  await until(async () => (await ready()).status === 200)
  t.equal(await sign(), 200)
  t.match(readFileSync(audit, 'utf8'), '"event":"resumed"')
})
