// jwksd check, in this process: its forms of output, its exit codes, and what it refuses.

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { checkCommand } from '../../src/cli/check.ts'
import { runCommand } from '../support/command.ts'
import { answerSet, makeJwk, serve, theSite } from '../support/jwks-server.ts'

const set = { keys: [makeJwk('P-256')] }

t.test('a healthy server: warnings only, exit code 0', async t => {
  const ca = path.join(t.testdir(), 'ca.pem')
  await writeFile(ca, (await theSite()).ca)
  const url = `https://localhost:${await serve(t, answerSet(set))}/jwks.json`
  const { code, stdout, stderr } = await runCommand(checkCommand, [url, '--ca', ca])
  t.match({ code, stderr }, { code: 0, stderr: '' })
  t.match(stdout, /^https:\/\/localhost[^]*warning {2}port[^]*ok {7}certificate-name[^]*0 faults, \d warnings, \d+ ok. No fault found.\n$/)
  const colored = await runCommand(checkCommand, [url, '--ca', ca], { screen: { isTTY: true, columns: 60 } })
  t.match(colored.stdout, '\u001b[33mwarning')
})

t.test('a fault: exit code 1, as text, JSON and Markdown', async t => {
  const url = `https://localhost:${await serve(t, answerSet(set))}/jwks.json`
  const text = await runCommand(checkCommand, [url])
  t.match(text, { code: 1, stderr: '', stdout: /fault {4}missing-intermediate/ })
  const json = await runCommand(checkCommand, [url, '--json'])
  t.match(JSON.parse(json.stdout), { subject: url, fault: true })
  const markdown = await runCommand(checkCommand, [url, '--markdown'])
  t.match(markdown, { code: 1, stdout: /\| \*\*fault\*\* `missing-intermediate` \|/ })
})

t.test('private addresses and what is no URL', async t => {
  const refused = await runCommand(checkCommand, ['https://10.255.255.1/jwks.json'])
  t.match(refused, { code: 1, stdout: /fault {4}private-address/ })
  const usage = await runCommand(checkCommand, ['jwks.example.com'])
  t.match(usage, { code: 2, stderr: /not a URL/ })
  t.match(await runCommand(checkCommand, ['https://localhost/', '--ca', 'nowhere.pem']), { code: 1, stderr: /nowhere.pem/ })
})
