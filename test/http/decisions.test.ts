// Every decision on /sign is one event: audit log, metrics and log say the same of it. What costs its sender nothing is
// counted, so that nobody can fill the disk.

import { readFileSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { type Deployment, deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { openInternalListener, openListener } from '../support/listener.ts'
import { parseLines } from '../support/program.ts'
import { postSign } from '../support/request.ts'

const NOW = Math.floor(Date.now() / 1000)
const recordsOf = ({ audit }: Deployment): any[] => parseLines(readFileSync(audit, 'utf8'))

t.test('granted and refused: one record, one count and one line each', async t => {
  const deployment = await deploy(t, { config: { profiles: { plain: { preset: 'jwt', claims: { iss: 'us' } } } } })
  const { origin, fetch, log } = await openListener(t, deployment)
  const sign = async (body: object | string, apiKey = deployment.apiKey) => await postSign(fetch, origin, apiKey, body)
  t.equal((await sign({})).status, 200)
  t.equal((await sign({ claims: { iss: 'them' } })).status, 403)
  t.equal((await sign({ profile: 'root' })).status, 403)
  t.equal((await sign('{')).status, 400)
  t.equal((await sign({ claims: { ['x'.repeat(500)]: 1, iat: 1 } })).status, 403)
  t.equal((await sign({ claims: { aud: 'a'.repeat(2000), iss: 'us' } })).status, 200)
  const who = { client: 'app', auth: 'apiKey', address: '127.0.0.1' }
  const records = recordsOf(deployment)
  t.match(records, [
    { event: 'granted', ...who, profile: 'plain' },
    { event: 'refused', ...who, code: 'ERR_FORCED_CLAIM', rule: 'forced-claims', field: 'claims.iss' },
    { event: 'refused', ...who, profile: 'root', code: 'ERR_FORBIDDEN', rule: 'client-profiles' },
    { event: 'refused', ...who, code: 'ERR_BAD_REQUEST', field: 'body' },
    { event: 'refused', ...who, code: /./ },
    { event: 'granted', aud: undefined }
  ])
  t.ok(records.every(({ field = '' }) => field.length <= 128))
  const lines = parseLines(log.join('')).filter(({ msg }) => msg === 'signed' || msg === 'refused')
  t.strictSame(lines.map(({ request, code }) => [request, code]), records.map(({ request, code }) => [request, code]), 'the log says the same')
  const metrics = (await fetch(`${origin}/metrics`)).text
  t.match(metrics, /^jwksd_signatures_total\{client="app",profile="plain",alg="ES256"\} 2$/m)
  t.match(metrics, /^jwksd_refusals_total\{client="app",code="ERR_FORCED_CLAIM",rule="forced-claims"\} 1$/m)
  t.match(metrics, /^jwksd_refusals_total\{client="app",code="ERR_BAD_REQUEST",rule="none"\} 1$/m)
  const counted = [...metrics.matchAll(/^jwksd_refusals_total\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
  t.equal(counted, 4, 'every refusal counts once')
})

t.test('what is refused before authentication, or by a rate, is counted and recorded once', async t => {
  const deployment = await deploy(t, { config: { sign: { listen: '127.0.0.1:0' } }, client: { rate: '2/h' } })
  const { origin, fetch, listener, signer } = await openInternalListener(t, deployment, { now: NOW })
  const sign = async (apiKey: string) => (await postSign(fetch, origin, apiKey, {})).status
  t.strictSame([await sign('wrong'), await sign('wrong'), await sign('wrong')], [401, 401, 401])
  t.strictSame([await sign(deployment.apiKey), await sign(deployment.apiKey), await sign(deployment.apiKey)], [200, 200, 429])
  t.strictSame(recordsOf(deployment).map(({ event }) => event), ['granted', 'granted'])
  await signer.close()
  t.match(recordsOf(deployment).slice(2), [
    { event: 'refusals', address: '127.0.0.1', code: 'ERR_UNAUTHENTICATED', count: 3, from: /Z$/, to: /Z$/, client: undefined },
    { event: 'refusals', client: 'app', code: 'ERR_RATE_LIMITED', count: 1 }
  ])
  t.notMatch(readFileSync(deployment.audit, 'utf8'), 'wrong')
  await listener.close()
})

t.test('an unexpected error is a refusal, too', async t => {
  const deployment = await deploy(t, { keys: { 'a.pem': privatePem('RSA') }, config: { profiles: { plain: { preset: 'jwt', alg: 'RS384' } } } })
  const { origin, fetch } = await openListener(t, deployment, { queue: async () => { throw new TypeError('out of order') } })
  t.equal((await postSign(fetch, origin, deployment.apiKey, {})).status, 500)
  t.match(recordsOf(deployment), [{ event: 'refused', client: 'app', code: 'ERR_INTERNAL' }])
})

t.test('what is refused while the audit log cannot be written is counted, and recorded when it can', async t => {
  const deployment = await deploy(t, { config: { audit: { file: 'log/audit.jsonl' } } })
  const directory = path.join(deployment.directory, 'log')
  const audit = path.join(directory, 'audit.jsonl')
  await mkdir(directory)
  const { origin, fetch, signer } = await openListener(t, deployment)
  const sign = async (body: object): Promise<number> => (await postSign(fetch, origin, deployment.apiKey, body)).status
  await rename(directory, `${directory}-away`)
  t.strictSame([await sign({}), await sign({}), await sign({ profile: 'root' })], [503, 503, 403])
  await signer.close() // as each minute
  await rename(`${directory}-away`, directory)
  await signer.close()
  const records = readFileSync(audit, 'utf8').trim().split('\n').map(line => JSON.parse(line))
  t.match(records.filter(({ event }) => event === 'refusals'), [
    { client: 'app', code: 'ERR_AUDIT', count: 2 }, { client: 'app', code: 'ERR_FORBIDDEN', count: 1 }
  ])
})
