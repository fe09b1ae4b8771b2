// The program from outside: what a shell and a supervisor see of it. Exit codes: 0 ok, 1 fault, 2 usage.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { clientCommand } from '../../src/cli/client-key.ts'
import { serveCommand } from '../../src/cli/serve.ts'
import { signCommand } from '../../src/cli/sign.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { inRepository, runProgram, startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'

t.test('--help shows every command with examples, --version the version', async t => {
  const cwd = t.testdir()
  const [help, version, keygen] = await Promise.all([['--help'], ['--version'], ['help', 'keygen']].map(async args => await runProgram(args, { cwd })))
  t.match(help, { code: 0, stderr: '' })
  t.match(keygen, { code: 0, stdout: /^Usage: jwksd keygen/ })
  for (const name of ['serve', 'keygen', 'export', 'client', 'sign', 'Examples:']) t.match(help!.stdout, name)
  t.match(version, { code: 0, stdout: `${JSON.parse(await readFile(inRepository('package.json'), 'utf8')).version}\n` })
})

t.test('wrong usage: exit code 2, nothing on standard output', async t => {
  t.match(await runProgram(['sttus'], { cwd: t.testdir() }), { code: 2, stdout: '', stderr: 'error: unknown command \'sttus\'\nhint: did you mean status?\n' })
  t.match(await runCommand(serveCommand, ['--only', 'half']), { code: 2, stdout: '', stderr: /^error: / })
  t.match(await runCommand(clientCommand, ['key']), { code: 2, stdout: '', stderr: /^error: / })
})

t.test('a kid that begins like an option is a kid', async t => {
  const kid = `-h${'A'.repeat(41)}`
  const { directory: cwd } = await deploy(t, { keys: { 'k.pem': `# kid: ${kid}\n${privatePem('P-256')}` } })
  const [exported, revoked, behind, valued, help] = await Promise.all([
    ['export', kid, '--jwk'], ['revoke', kid, '--dry-run'], ['revoke', '--dry-run', '--', kid], ['export', '--kid', kid], ['revoke', '-h', kid]
  ].map(async args => await runProgram(args, { cwd })))
  t.match(exported, { code: 0, stdout: kid })
  t.match([revoked, behind], [{ code: 0, stdout: kid }, { code: 0, stdout: kid }])
  t.match(valued, { code: 2, stderr: /unknown option '--kid'/ })
  t.match(help, { code: 0, stdout: /^Usage: jwksd revoke/ }, 'control')
})

t.test('without a configuration: one fault; the one that quickstart made is found', async t => {
  const home = process.cwd()
  process.chdir(t.testdir())
  t.teardown(() => { process.chdir(home) })
  t.match(await runCommand(signCommand, []), { code: 1, stdout: '', stderr: /^error: jwksd\.yaml: there is no configuration here\nhint: make one with: jwksd init/ })
  await mkdir('.jwksd')
  await writeFile('.jwksd/jwksd.yaml', '')
  t.match(await runCommand(signCommand, []), { code: 1, stderr: /^error: \.jwksd\/jwksd\.yaml/ })
})

t.test('a fault: exit code 1, every fault at once, each with its place and its hint', async t => {
  const { directory } = await deploy(t, {
    config: { url: 'http://192.0.2.1:8443/keys', listen: 'everywhere', extra: 1, sets: { ecw: { maxAge: 'long' } } }
  })
  const { code, stdout, stderr } = await runProgram(['serve'], { cwd: directory })
  t.strictSame([code, stdout], [1, ''])
  const faults = [...stderr.matchAll(/^error: (jwksd\.yaml:\d+ [\w.]+): .+\nhint: .+$/gm)].map(([, where]) => where!.split(' ')[1])
  t.strictSame(faults.sort(), ['extra', 'listen', 'sets.ecw.maxAge', 'url'])
  t.equal(stderr.trim().split('\n').length, 8)
})

t.test('what the system refuses is reported as error and hint, too', async t => {
  const { directory } = await deploy(t)
  t.match(await runProgram(['export', '--all', '/dev/null/keys'], { cwd: directory }),
    { code: 1, stdout: '', stderr: /^error: \/dev\/null\/keys: cannot be read or written \(ENOTDIR\)\nhint: a part of the path is a file, not a directory\n$/ })
  t.match(await runProgram(['export', '--all', 'x'.repeat(300)], { cwd: directory }),
    { code: 1, stdout: '', stderr: /^error: jwksd: ENAMETOOLONG: .*\nhint: if this is no fault of the machine, please report it with:\nError: / }, 'what is not foreseen')
})

t.test('an audit log that cannot be opened: vendors never see the listener', async t => {
  const { file, directory: cwd } = await deploy(t, { config: { audit: { file: '/nowhere/audit.jsonl' } } })
  const { code, stderr } = await runProgram(['serve', '--config', file], { cwd })
  t.equal(code, 1)
  t.match(stderr, /^error: \/nowhere\/audit\.jsonl: .*ENOENT/m)
  t.notMatch(stderr, 'listening')
})

t.test('the url: an IP address, plain http or a path is refused with the reason', async t => {
  const { file } = await deploy(t)
  const urls = { 'https://192.0.2.1:8443': /vendors whitelist a DNS name, never an IP/, 'http://jwks.example.com': /only https is safe here/, 'https://jwks.example.com/keys': /has a path/ }
  for (const [JWKSD_URL, stderr] of Object.entries(urls)) {
    t.match(await runCommand(serveCommand, ['--config', file], { env: { JWKSD_URL } }), { code: 1, stdout: '', stderr }, JWKSD_URL)
  }
})

t.test('without an audit file the records of the shell go to standard error, those of the server to standard output', async t => {
  const { directory, ca, apiKey } = await deploy(t, { config: { audit: undefined } })
  const signed = await runProgram(['sign', '--claims', '{"sub":"me"}'], { cwd: directory })
  t.match(signed, { code: 0, stdout: /^eyJ[\w.-]+\n$/, stderr: /^\{"log":.*"client":"app".*\}\n$/ })
  const server = await startProgram(t, ['--config', 'jwksd.yaml'], { cwd: directory })
  const { status } = await postSign(makeFetch(ca), server.origin, apiKey, {})
  t.equal(status, 200)
  await server.stop()
  t.match(server.output.stdout, /^(?:\{"log":.*\}\n)+$/, 'every line is a record')
  t.match(server.output.stdout, /"client":"app"/)
  t.match(server.output.stderr, /^JWK Set:\n {2}https:/m)
})
