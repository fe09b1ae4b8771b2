// The key directory under every kind of damage, while clients sign and fetch all the time: no signature fails, the
// published set never changes, and each fault is reported by name. JWKSD_LONG=1 makes 1,000 changes (npm run test:long).

import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { follow } from '../support/followed-server.ts'
import { makePrivateKey, privatePem } from '../support/keys.ts'
import { keepAlive, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

const CHANGES = process.env.JWKSD_LONG ? 1000 : 24

/** What may happen to a key file. `said` is what the log must say of it; without it the change is harmless. */
interface Change { readonly name: string, readonly said?: RegExp, readonly run: (file: string, pem: string) => Promise<unknown> }

const later = '# activates: 2090-01-01T00:00:00Z\n'
const encrypted = (): string => makePrivateKey('P-256').export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'another' }) as string

const CHANGES_OF_A_KEY: readonly Change[] = [
  { name: 'deleted', said: /^is gone/, run: async file => await rm(file) },
  { name: 'truncated', said: /cut short|no PEM block|would be gone|does not decode/, run: async (file, pem) => await truncate(file, Math.floor(Math.random() * (pem.length - 8))) },
  { name: 'readable by the world', said: /the world can read it/, run: async file => await chmod(file, 0o644) },
  { name: 'a FIFO', said: /is a FIFO/, run: async file => { await rm(file); execFileSync('mkfifo', [file]) } },
  { name: 'a loop', said: /is a loop of symbolic links/, run: async file => { await rm(file); await symlink(path.basename(file), file) } },
  { name: '1 GiB of nothing', said: /has 1073741824 bytes/, run: async file => await truncate(file, 2 ** 30) },
  { name: 'a byte order mark', run: async (file, pem) => await writeFile(file, '\uFEFF' + pem) },
  { name: 'CRLF', run: async (file, pem) => await writeFile(file, pem.replaceAll('\n', '\r\n')) },
  { name: 'encrypted with another passphrase', said: /cannot be decrypted/, run: async file => await writeFile(file, encrypted()) },
  { name: 'another key', said: /would be gone/, run: async file => await writeFile(file, privatePem('P-256'), { mode: 0o600 }) },
  { name: 'a duplicate', said: /its kid .* is also that of/, run: async (file, pem) => await writeFile(path.join(path.dirname(file), 'copy.pem'), pem, { mode: 0o600 }) },
  { name: 'half of the next key', said: /cut short/, run: async file => await writeFile(path.join(path.dirname(file), 'copy.pem'), later + privatePem('P-256').slice(0, 99), { mode: 0o600 }) }
]

t.test(`${CHANGES} changes of the key directory under load`, { timeout: process.env.JWKSD_LONG ? 1_800_000 : 120_000 }, async t => {
  const { keys, apiKey, ca, fetch, origin, log, said } = await follow(t, { env: { JWKSD_KEY_PASSPHRASE: 'right' } })
  const file = path.join(keys, 'default.pem')
  const pem = await readFile(file, 'utf8')
  const agent = keepAlive(ca)
  t.teardown(async () => agent.destroy())
  const jwks = async (): Promise<string> => (await fetch(`${origin}/.well-known/jwks.json`, { agent })).text
  const published = await jwks()

  let [signed, failed, changed, fetched] = [0, 0, 0, 0]
  const end = new AbortController()
  const load = (async () => {
    while (!end.signal.aborted) {
      const { status } = await postSign(async (url, options) => await fetch(url, { ...options, agent }), origin, apiKey, { claims: {} })
      if (status === 200) signed++
      else failed++
      if (await jwks() !== published) changed++
      fetched++
      await sleep(1)
    }
  })()
  const slowest = { name: '', ms: 0 }
  for (let i = 0; i < CHANGES; i++) {
    const change = CHANGES_OF_A_KEY[i % CHANGES_OF_A_KEY.length]!
    const from = log().length
    const began = performance.now()
    await change.run(file, pem)
    if (change.said) {
      await until(() => said(change.said!, from))
      if (performance.now() - began > slowest.ms) Object.assign(slowest, { name: change.name, ms: Math.round(performance.now() - began) })
      t.ok(log(from).some(({ where }) => /default\.pem|copy\.pem/.test(String(where))), `${i}: ${change.name}: reported by name`)
    } else {
      await until(() => said('reloaded', from))
    }
    const fixed = log().length
    await rm(path.join(keys, 'copy.pem'), { force: true })
    await writeFile(file + '.tmp', pem, { mode: 0o600 })
    await rename(file + '.tmp', file)
    await until(() => said(/again as they were|^reloaded/, fixed))
  }
  end.abort()
  await load
  t.comment(`${signed} signatures, ${failed} failed (95 %: rate below ${(3 / signed).toExponential(1)}); ${fetched} sets fetched, ${changed} changed; slowest report ${slowest.ms} ms (${slowest.name})`)
  t.equal(failed, 0, 'failed signatures')
  t.equal(changed, 0, 'unintended changes of the published set')
  t.ok(signed > CHANGES)
})

t.test('Kubernetes swaps of ..data are never torn', async t => {
  const swaps = process.env.JWKSD_LONG ? 1000 : 30
  const { server, keys, apiKey, fetch, origin, log } = await follow(t)
  const pem = await readFile(path.join(keys, 'default.pem'), 'utf8')
  // Each version publishes the key that signs and a pair of keys to come, which become active together.
  const pair = [privatePem('P-256'), privatePem('P-256')] as const
  const activation = (i: number): string => `# activates: ${2090 + i}-01-01T00:00:00Z\n`
  const swap = async (i: number): Promise<void> => {
    const version = path.join(keys, `..version-${i}`)
    await mkdir(version)
    for (const [name, text] of [['a.pem', activation(i) + pair[0]], ['b.pem', activation(i) + pair[1]], ['default.pem', pem]] as const) {
      await writeFile(path.join(version, name), text, { mode: 0o600 })
    }
    await symlink(path.basename(version), path.join(keys, '..data_tmp'))
    await rename(path.join(keys, '..data_tmp'), path.join(keys, '..data'))
    if (i > 0) await rm(path.join(keys, `..version-${i - 1}`), { recursive: true })
  }
  await swap(0)
  await rm(path.join(keys, 'default.pem'))
  for (const name of ['a.pem', 'b.pem', 'default.pem']) await symlink(path.join('..data', name), path.join(keys, name))
  await until(async () => JSON.parse((await fetch(`${origin}/.well-known/jwks.json`)).text).keys.length === 3)
  const published = (await fetch(`${origin}/.well-known/jwks.json`)).text
  let [failed, torn] = [0, 0]
  const activations = (): Array<number | undefined> => ['a.pem', 'b.pem'].map(name =>
    server.current().snapshot.sets.get('default')!.keys.find(({ file }) => file.endsWith(name))?.activates)
  for (let i = 1; i <= swaps; i++) {
    await swap(i)
    if ((await postSign(fetch, origin, apiKey, { claims: {} })).status !== 200) failed++
    if ((await fetch(`${origin}/.well-known/jwks.json`)).text !== published) failed++
    const [a, b] = activations()
    if (a !== b) torn++
  }
  await until(() => activations()[0] === Date.UTC(2090 + swaps) / 1000)
  t.comment(`${swaps} swaps, ${2 * swaps} answers, ${failed} failed (95 %: rate below ${(3 / (2 * swaps)).toExponential(1)}), ${torn} torn states`)
  t.equal(failed, 0, 'failed answers')
  t.equal(torn, 0, 'torn states')
  const next = path.join(keys, '..version-last')
  await mkdir(next)
  for (const [name, text] of [['a.pem', later + pair[0]], ['b.pem', later + pair[1]], ['c.pem', later + privatePem('P-256')], ['default.pem', pem]] as const) {
    await writeFile(path.join(next, name), text, { mode: 0o600 })
  }
  await symlink('..version-last', path.join(keys, '..data_tmp'))
  await rename(path.join(keys, '..data_tmp'), path.join(keys, '..data'))
  await until(async () => JSON.parse((await fetch(`${origin}/.well-known/jwks.json`)).text).keys.length === 4)
  t.same(log().filter(({ level }) => level === 'error'), [], 'no swap was taken for a fault')
})
