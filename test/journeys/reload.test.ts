// A running server whose files change: keys, policy and certificates come into force, faults leave what worked.

import { copyFile, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { connect } from 'node:tls'
import { once } from 'node:events'
import { type Certificate, issueCertificate, makeAuthority } from '../support/certificates.ts'
import { follow, type FollowedServer } from '../support/followed-server.ts'
import { privatePem } from '../support/keys.ts'
import { makeFetch, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

/** Changes the configuration's text. */
async function edit (file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')))
}

async function kids ({ fetch, origin }: FollowedServer): Promise<string[]> {
  const { keys } = (await fetch(`${origin}/.well-known/jwks.json`)).json()
  return keys.map(({ kid }: { kid: string }) => kid)
}

t.test('a key that comes is published; one that is missing or bad changes nothing and is reported', async t => {
  const running = await follow(t, { config: { sign: { listen: '127.0.0.1:0' } } })
  const { origin, internal, fetch, keys, said, apiKey } = running
  const file = path.join(keys, 'default.pem')
  const [first] = await kids(running)
  await writeFile(path.join(keys, 'next.pem'), '# activates: 2090-01-01T00:00:00Z\n' + privatePem('P-256'), { mode: 0o600 })
  await until(async () => (await kids(running)).length === 2)
  await rename(file, file + '-away')
  await until(() => said('reload refused, the last good state stays') >= 1)
  t.equal((await kids(running))[0], first)
  t.equal((await postSign(fetch, internal, apiKey, { claims: {} })).json().kid, first)
  const failed = (await fetch(`${internal}/readyz`)).json()
  t.match(failed, { status: 'ready', reload: { status: 'failing', since: /^2/, faults: [{ where: /default\.pem$/, problem: /would be gone/ }] } })
  const { reload, status } = (await fetch(`${origin}/readyz`)).json()
  t.equal(status, 'ready')
  t.same(Object.keys(reload), ['status', 'since'], 'the internet reads no file names')
  const metrics = (await fetch(`${internal}/metrics`)).text
  t.match(metrics, /jwksd_reloads_total\{outcome="refused"\} [1-9]/)
  t.match(metrics, /jwksd_reloads_total\{outcome="done"\} [1-9]/)
  await rename(file + '-away', file)
  await until(() => said('the files are again as they were'))
  t.same((await fetch(`${internal}/readyz`)).json(), { status: 'ready' })
})

t.test('the policy changes; what needs a restart is reported', async t => {
  const { origin, file, fetch, said, apiKey, reloader } = await follow(t, { client: { rate: '3/h' } })
  const sign = async (): Promise<number> => (await postSign(fetch, origin, apiKey, { claims: {} })).status
  t.equal(await sign(), 200)
  t.equal(await sign(), 200)
  await edit(file, text => text.replace('preset: jwt', 'preset: jwt\n    claims: { iss: me }').replace('https://localhost', 'https://localhost:8443') + 'publicPage: true\n')
  await until(() => said('publicPage has changed; that takes effect with a restart'))
  const answer = await postSign(fetch, origin, apiKey, { claims: {} })
  t.equal(JSON.parse(Buffer.from(answer.json().token.split('.')[1], 'base64url').toString()).iss, 'me')
  t.equal(await sign(), 429, 'a client that did not change has used up its rate')
  await edit(file, text => text.replace('3/h', '1000/s'))
  await until(async () => await sign() === 200)
  await edit(file, text => text + 'nonsense: yes\n')
  await until(() => said('reload refused, the last good state stays'))
  t.equal(await sign(), 200)
  await edit(file, text => text.replace('nonsense: yes\n', ''))
  await until(() => said('the files are again as they were'))
  reloader.request()
  await until(() => said('nothing has changed'))
  t.equal(said('publicPage has changed; that takes effect with a restart'), 1, 'reported once')
  t.equal(said('url has changed; that takes effect with a restart'), 0, 'a URL is in force with the reload')
})

async function peerSerial (port: number, authority: Certificate, client?: Certificate): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.cert, ...client })
  await once(socket, 'secureConnect')
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}

t.test('a new certificate is served; a key of another one leaves the old one', async t => {
  const { server, authority, directory, said } = await follow(t)
  const port = server.ports.public!
  const before = await peerSerial(port, authority)
  const { cert, key } = await issueCertificate(authority)
  const at = (name: string): string => path.join(directory, 'tls', name)
  await writeFile(at('cert.pem'), cert)
  await until(() => said('reload refused, the last good state stays'))
  t.equal(await peerSerial(port, authority), before)
  await writeFile(at('key.pem'), key)
  await until(() => said('reloaded'))
  t.not(await peerSerial(port, authority), before)
})

t.test('a listener with mutual TLS refuses a foreign client after a reload, and keeps its demand', async t => {
  const { file, internal, authority, directory, said, ca, log } = await follow(t, {
    config: { sign: { listen: '127.0.0.1:0', tls: { cert: 'tls/cert.pem', key: 'tls/key.pem', clientCa: 'tls/ca.pem' } } }
  })
  const foreign = await makeAuthority('somebody else')
  const [own, other] = [await issueCertificate(authority, ['app']), await issueCertificate(foreign, ['app'])]
  const meets = async (client: Partial<Certificate>): Promise<number> =>
    (await makeFetch(ca)(`${internal}/openapi.json`, client)).status
  const check = async (when: string): Promise<void> => {
    t.equal(await meets(own), 200, when)
    t.equal(await meets(other), 401, `${when}: foreign certificate`)
    t.equal(await meets({}), 401, `${when}: no certificate`)
  }
  await check('before')
  const { cert, key } = await issueCertificate(authority)
  await writeFile(path.join(directory, 'tls', 'cert.pem'), cert)
  await writeFile(path.join(directory, 'tls', 'key.pem'), key)
  await until(() => said('reloaded'))
  await check('after')
  await copyFile(file, file + '-kept')
  await edit(file, text => text.replace(/ *clientCa: .*\n/, ''))
  await until(() => log().some(({ where }) => where === 'sign.tls.clientCa'))
  await check('while the configuration forgets the client CA')
  await rename(file + '-kept', file)
  await until(() => said('the files are again as they were'))
  await writeFile(path.join(directory, 'tls', 'ca.pem'), foreign.cert)
  await until(() => said('reloaded') === 2)
  t.equal(await meets(other), 200, 'another client CA')
  t.equal(await meets(own), 401, 'the old one is out')
})
