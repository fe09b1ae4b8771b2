// jwksd client key: the token is shown once, the configuration gets its hash.

import { createHash } from 'node:crypto'
import { lstat, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { clientCommand } from '../../src/cli/client-key.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { inRepository } from '../support/program.ts'
import { NOW, openListener } from '../support/listener.ts'
import { postSign } from '../support/request.ts'

const TOKEN = /^jwksd_([A-Za-z0-9]{8})_[\w-]{49}\n?$/
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

t.test('prints the token and the lines for the configuration', async t => {
  const { file } = await deploy(t)
  const before = await readFile(file, 'utf8')
  const { code, stdout, stderr } = await runCommand(clientCommand, ['key', 'billing', '--config', file])
  t.strictSame([code, stderr], [0, ''])
  const [token, ...lines] = stdout.split('\n')
  const [, id] = TOKEN.exec(token!)!
  t.strictSame(parse(lines.join('\n')), { clients: { billing: { auth: [{ apiKey: { id, sha256: sha256(token!) } }] } } })
  t.match(stdout, `# for ${file}:`)
  t.equal(await readFile(file, 'utf8'), before, 'nothing is written unasked')
})

t.test('--write adds the hash, keeps comments and mode, and the key opens the listener', async t => {
  const deployment = await deploy(t)
  const { file } = deployment
  const { code, stdout, stderr } = await runCommand(clientCommand, ['key', 'app', '--write', '--expires', '30d', '--config', file])
  t.equal(code, 0)
  t.match(stderr, /^wrote .*jwksd\.yaml:\d+ - \{ apiKey: \{ id: \w{8}, sha256: \w{64}, expires: [\w:-]+ \} \}\n$/, 'it says what it wrote')
  const token = stdout.trim()
  t.match(token, TOKEN)
  const text = await readFile(file, 'utf8')
  t.notOk(text.includes(token), 'the token itself is kept nowhere')
  t.equal((await stat(file)).mode & 0o777, 0o600)
  const { auth } = parse(text).clients.app
  t.equal(auth.length, 2)
  const expires = new Date((NOW + 30 * 86400) * 1000).toISOString().replace(/\.\d+/, '')
  t.match(auth[1].apiKey, { sha256: sha256(token), expires })
  const { origin, fetch } = await openListener(t, deployment)
  for (const key of [token, deployment.apiKey]) t.equal((await postSign(fetch, origin, key, {})).status, 200)
  const third = await runCommand(clientCommand, ['key', 'app', '--write', '--config', file])
  t.match(third, { code: 1, stdout: '', stderr: /error: clients\.app: has 2 live API keys already: \w{8}, \w{8}\nhint: remove the one/ })
})

t.test('a configuration keeps its comments and its order', async t => {
  const { file } = await deploy(t)
  const commented = `# top\n${(await readFile(file, 'utf8')).replace('clients:', '# about   clients\nclients:   ')}`
  await writeFile(file, commented)
  await runCommand(clientCommand, ['key', 'app', '--write', '--config', file])
  const lines = (await readFile(file, 'utf8')).split('\n')
  const added = lines.filter(line => !commented.split('\n').includes(line))
  t.equal(added.length, 1)
  t.match(added[0], /^ {6}- \{ apiKey: \{ id: \w{8}, sha256: \w{64} \} \}$/)
  t.strictSame(lines.filter(line => line !== added[0]), commented.split('\n'))
})

t.test('--expires takes a date or a time from now; --json is for machines', async t => {
  const run = async (...args: string[]) => await runCommand(clientCommand, ['key', 'billing', '--json', ...args])
  t.match(JSON.parse((await run('--expires', '2030-06-01')).stdout), { client: 'billing', token: TOKEN, expires: '2030-06-01T00:00:00Z' })
  t.match(JSON.parse((await run('--expires', '2h')).stdout), { expires: new Date((NOW + 7200) * 1000).toISOString().replace(/\.\d+/, '') })
  t.notOk('expires' in JSON.parse((await run()).stdout))
  t.match(await run('--expires', '2020-01-01'), { code: 2, stdout: '', stderr: /It lies in the past: 2020-01-01\nhint: give a later date/ })
  t.match(await run('--expires', '0s'), { code: 2, stdout: '', stderr: /lies in the past/ })
  t.match(await run('--expires', 'tomorrow'), { code: 2, stdout: '', stderr: /argument 'tomorrow' is invalid\. It is neither a date.*\nhint: give a date such as 2027-06-01/ })
})

t.test('--write for a client that is not there, or without a configuration, is refused', async t => {
  const { file, keys } = await deploy(t)
  const home = process.cwd()
  process.chdir(keys) // a directory without a configuration, whatever the checkout holds
  t.teardown(() => { process.chdir(home) })
  const before = await readFile(file, 'utf8')
  const run = async (...args: string[]) => await runCommand(clientCommand, ['key', ...args])
  const hint = /add it under clients, with the profiles that it may use: nobody: \{ profiles: \[PROFILE\] \}/
  t.match(await run('nobody', '--write', '--config', file), { code: 1, stdout: '', stderr: /error: .*jwksd\.yaml:\d+ clients\.nobody: there is no such client\n/ })
  t.match((await run('nobody', '--write', '--config', file)).stderr, hint)
  t.match(await run('ap', '--write', '--config', file), { code: 1, stdout: '', stderr: /there is no such client\nhint: did you mean "app"\? add it under/ })
  t.equal(await readFile(file, 'utf8'), before)
  t.match(await run('nobody', '--write'), { code: 1, stdout: '', stderr: /there is no configuration here\nhint: start from jwksd\.example\.yaml/ })
  const printed = await run('nobody', '--config', file)
  t.match(printed, { code: 0, stdout: hint, stderr: '' }, 'printed, it says what else is to do')
  for (const text of ['', 'clients: 7\n']) {
    const bare = path.join(keys, 'bare.yaml')
    await writeFile(bare, `url: https://localhost\n${text}`)
    t.match(await run('nobody', '--write', '--config', bare), { code: 1, stderr: /there is no such client/ })
  }
  t.match(await run('nobody'), { code: 0, stdout: /# for jwksd\.yaml:/ })
  t.match(await run('nobody', '--config', 'nowhere.yaml'), { code: 1, stderr: /nowhere\.yaml: the configuration cannot be read \(ENOENT\)/ })
  t.equal((await run()).code, 2)
})

t.test('the first API key: the client has no auth, or a placeholder, and the rest of the file is not finished', async t => {
  const directory = t.testdir({
    'a.yaml': 'clients:\n  billing:\n    profiles: [ecw]   # soon\n',
    'b.yaml': await readFile(inRepository('jwksd.example.yaml'), 'utf8')
  })
  await symlink('b.yaml', `${directory}/link.yaml`)
  for (const name of ['a.yaml', 'b.yaml', 'link.yaml']) {
    const file = `${directory}/${name}`
    const before = (await readFile(file, 'utf8')).split('\n')
    const { code, stdout } = await runCommand(clientCommand, ['key', 'billing', '--write', '--config', file])
    t.match([code, stdout], [0, TOKEN])
    const text = await readFile(file, 'utf8')
    t.match(text, sha256(stdout.trim()))
    t.equal(text.split('\n').filter(line => !before.includes(line)).length, 1, 'one line is new')
  }
  t.ok((await lstat(`${directory}/link.yaml`)).isSymbolicLink())
})
