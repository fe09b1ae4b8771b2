// Keys in a Kubernetes Secret are rotated through the API, as the CronJob does it: against a server that answers as the API does.

import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { issueCertificate } from '../support/certificates.ts'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { cleanEnvironment, inRepository, LOADER, MAIN, type Result } from '../support/program.ts'

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

interface Secret { metadata: { name: string, resourceVersion: string }, data: Record<string, string>, type: string }

/** The API with one Secret, and the job's container with its own copy of the script. */
async function startCluster (t: Test) {
  const { directory, file, authority } = await deploy(t, { config: { sets: { ecw: {} }, profiles: { plain: { preset: 'jwt', set: 'ecw' } } } })
  const at = (name: string): string => path.join(directory, name)
  for (const name of ['app/deploy', 'app/dist', 'account', 'tmp']) mkdirSync(at(name), { recursive: true })
  writeFileSync(at('app/package.json'), '{ "type": "module" }')
  writeFileSync(at('app/deploy/change-secret.js'), readFileSync(inRepository('deploy/change-secret.js'), 'utf8').replace(ACCOUNT, at('account')))
  writeFileSync(at('app/dist/main.js'), `import ${JSON.stringify(MAIN)}\n`)
  writeFileSync(at('account/token'), 'token-of-the-account')
  writeFileSync(at('account/namespace'), 'jwksd')
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const secret: Secret = { metadata: { name: 'jwksd-keys-ecw', resourceVersion: '7' }, data: { 'first.pem': base64(privatePem('P-256')) }, type: 'Opaque' }
  const cluster = { secret, writes: 0, refuse: 0, meanwhile: () => {} }
  const server = createServer(await issueCertificate(authority), (request, response) => {
    const answer = (status: number, body: unknown = {}): void => { response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)) }
    if (request.headers.authorization !== 'Bearer token-of-the-account') return answer(401)
    if (cluster.refuse > 0) return answer(cluster.refuse)
    if (request.url !== '/api/v1/namespaces/jwksd/secrets/jwksd-keys-ecw') return answer(404)
    if (request.method === 'GET') {
      answer(200, cluster.secret)
      return cluster.meanwhile()
    }
    let body = ''
    request.setEncoding('utf8').on('data', text => { body += text }).on('end', () => {
      const given = JSON.parse(body) as Secret
      if (given.metadata.resourceVersion !== cluster.secret.metadata.resourceVersion) return answer(409)
      cluster.writes++
      cluster.secret = { ...given, metadata: { ...given.metadata, resourceVersion: String(Number(given.metadata.resourceVersion) + 1) } }
      answer(200, cluster.secret)
    })
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => new Promise(resolve => { server.close(resolve) }))
  const env = cleanEnvironment({
    JWKSD_CONFIG: file, NODE_EXTRA_CA_CERTS: at('tls/ca.pem'), TMPDIR: at('tmp'), KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String((server.address() as AddressInfo).port)
  })
  const job = async (args: readonly string[], more: Record<string, string> = {}): Promise<Result> => await new Promise(resolve => {
    execFile(process.execPath, [LOADER, at('app/deploy/change-secret.js'), ...args], { env: { ...env, ...more } }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
  return { cluster, job, at, names: () => Object.keys(cluster.secret.data).sort() }
}

const ROTATE = ['jwksd-keys-ecw', 'ecw', 'rotate', 'ecw', '--every', '90d']

t.test('rotate: the successor comes into the Secret, once; what is due later is remembered there', async t => {
  const { cluster, job, names, at } = await startCluster(t)
  const { data: before } = cluster.secret
  const first = await job(ROTATE)
  t.match(first, { code: 0, stdout: /make and publish/, stderr: /the Secret jwksd-keys-ecw is changed/ })
  t.equal(names().length, 2)
  t.equal(cluster.secret.data['first.pem'], before['first.pem'])
  t.equal(cluster.secret.type, 'Opaque', 'the rest of the Secret stays')
  const text = Buffer.from(cluster.secret.data[names().find(name => name !== 'first.pem')!]!, 'base64').toString()
  t.match(text, /^# activates: /)
  t.notMatch(first.stdout + first.stderr, 'PRIVATE KEY')
  t.match(await job(ROTATE), { code: 0, stdout: /nothing is due/ })
  t.equal(cluster.writes, 1, 'nothing is written when nothing has changed')

  // Sixty days later: the old key is found due, then removed, then overwritten, each in a run of its own.
  const later = at('later.mjs')
  writeFileSync(later, 'const now = Date.now; Date.now = () => now() + 60 * 86400e3')
  const inFuture = { NODE_OPTIONS: `--import=${later}` }
  t.match(await job(ROTATE, inFuture), { code: 0, stdout: /the next run does it/ })
  t.ok(names().includes('.due'))
  t.match(await job(ROTATE, inFuture), { code: 0, stdout: /done: destroy/ })
  t.notOk(names().includes('first.pem'))
  t.ok(names().some(name => /^\.first\.pem\.\d+\.removed$/.test(name)), 'it is set aside in the Secret')

  const [, kid] = /^done: make and publish (\S+)/m.exec(first.stdout)!
  t.match(await job(['jwksd-keys-ecw', 'ecw', 'revoke', kid!, '--yes']), { code: 0 }, 'any command works')
  t.ok(Object.values(cluster.secret.data).some(content => Buffer.from(content, 'base64').toString().includes('# revoked: ')))
})

t.test('a change by somebody else is kept; refusals say what to do; nothing is left behind', async t => {
  const { cluster, job, names, at } = await startCluster(t)
  cluster.meanwhile = () => { cluster.secret.metadata.resourceVersion = '8' }
  t.match(await job(ROTATE), { code: 1, stderr: /answers 409\nhint: somebody else/ })
  t.equal(cluster.writes, 0)
  cluster.meanwhile = () => {}
  for (const [status, hint] of [[403, 'Role'], [500, 'again']] as const) {
    cluster.refuse = status
    t.match(await job(ROTATE), { code: 1, stderr: new RegExp(`answers ${status}\nhint: .*${hint}`) })
  }
  cluster.refuse = 0
  t.match(await job(['other', ...ROTATE.slice(1)]), { code: 1, stderr: /Secret other: .*404\nhint: create it/ })
  t.match(await job(ROTATE, { NODE_EXTRA_CA_CERTS: '' }), { code: 1, stderr: /cannot be reached .*\nhint: .*NODE_EXTRA_CA_CERTS/ }, 'an API that nobody vouches for gets no token')
  t.match(await job([...ROTATE.slice(0, 3), 'missing']), { code: 1 }, 'a command that fails')
  t.match(await job([]), { code: 2, stderr: /runs in a pod/ })
  t.strictSame([cluster.writes, names()], [0, ['first.pem']])
  t.strictSame(readdirSync(at('tmp')), [], 'no copy of a key stays')
})
