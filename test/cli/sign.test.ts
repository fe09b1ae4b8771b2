// jwksd sign: the same keys, policy and audit log as POST /sign, without a server.

import { readFile } from 'node:fs/promises'
import t from 'tap'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { exportCommand } from '../../src/cli/export.ts'
import { signCommand } from '../../src/cli/sign.ts'
import { makeApiKey } from '../../src/core/clients/api-key.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'

const auth = (): object[] => {
  const { id, sha256 } = makeApiKey()
  return [{ apiKey: { id, sha256 } }]
}

t.test('a token on stdout that the published key verifies, and its audit record', async t => {
  const { file, audit } = await deploy(t)
  const { code, stdout, stderr } = await runCommand(signCommand, ['--claims', '{"sub":"me"}', '--ttl', '2m', '--config', file])
  t.strictSame([code, stderr], [0, ''])
  const jwk = JSON.parse((await runCommand(exportCommand, ['default.pem', '--jwk', '--config', file])).stdout)
  const { payload } = await jwtVerify(stdout.trim(), createLocalJWKSet({ keys: [jwk] }), { currentDate: new Date(NOW * 1000) })
  t.match(payload, { sub: 'me', iat: NOW, exp: NOW + 120 })
  t.match(JSON.parse(await readFile(audit, 'utf8')), { client: 'app', profile: 'plain', jti: payload.jti, kid: jwk.kid })
})

t.test('--json, and claims from standard input in pieces', async t => {
  const { file } = await deploy(t)
  const run = async (input: string[], ...args: string[]) => await runCommand(signCommand, [...args, '--json', '--config', file], { input })
  const issued = JSON.parse((await run(['{"sub":', '"piece', 'd"}'], '--claims', '-')).stdout)
  t.strictSame(Object.keys(issued).sort(), ['alg', 'exp', 'iat', 'jti', 'kid', 'token'])
  t.match(decodeJwt(issued.token), { sub: 'pieced', exp: NOW + 300 })
  t.equal(decodeJwt(JSON.parse((await run([])).stdout).token).sub, undefined, 'no claims are needed')
})

t.test('the client: the only one, or the named one; its policy holds', async t => {
  const { file } = await deploy(t, {
    config: {
      profiles: { plain: { preset: 'jwt', claims: { iss: 'us' } }, other: { preset: 'jwt' } },
      clients: { a: { auth: auth(), profiles: ['plain'] }, b: { auth: auth(), profiles: ['plain', 'other'] } }
    }
  })
  const run = async (...args: string[]) => await runCommand(signCommand, [...args, '--config', file])
  t.match(await run(), { code: 1, stderr: 'error: --client: is needed\nhint: name one of: a, b\n' })
  t.match(await run('--client', 'c'), { code: 1, stderr: /there is no client "c"\nhint: name one of: a, b/ })
  t.equal((await run('--client', 'a')).code, 0)
  t.match(await run('--client', 'b'), { code: 1, stderr: /profile is missing\nhint: name one of: plain, other/ })
  t.equal((await run('--client', 'b', '--profile', 'other')).code, 0)
  t.match(await run('--client', 'a', '--profile', 'plian'), { code: 1, stderr: /hint: did you mean "plain"\?/ })
  t.match(await run('--client', 'a', '--profile', 'other'), { code: 1, stdout: '', stderr: /client-profiles/ })
  t.match(await run('--client', 'a', '--claims', '{"iss":"them"}'), { code: 1, stdout: '', stderr: /error: forced-claims: claims\.iss contradicts/ })
})

t.test('what is wrong is reported as error and hint: claims, ttl, audit', async t => {
  const { file } = await deploy(t, { config: { audit: { file: '/dev/full' } } })
  const run = async (...args: string[]) => await runCommand(signCommand, [...args, '--config', file])
  const refused: Array<[string[], RegExp]> = [
    [['--claims', '{a:1}'], /error: ERR_BAD_REQUEST: --claims is not valid JSON\nhint: write a JSON object, for instance --claims '{"sub":"me"}'\n/],
    [['--claims', '['.repeat(40)], /--claims is not valid JSON/],
    [['--claims', '['.repeat(40) + ']'.repeat(40)], /--claims is nested deeper than 32 levels/],
    [['--claims', '[]'], /claims must be object/],
    [['--claims', '{"a":1,"a":2}'], /a is duplicated/],
    [['--ttl', '2h'], /error: ttl-max: ttl is 7200 s; the profile "plain" allows at most 3600 s\nhint: ask for at most 3600 s/],
    [[], /error: \/dev\/full: the audit log cannot be written \(not a file\)\nhint: name a regular file/]
  ]
  for (const [args, stderr] of refused) t.match(await run(...args), { code: 1, stdout: '', stderr }, args.join(' '))
  t.match(await run('--ttl', 'soon'), { code: 2, stdout: '', stderr: /option '--ttl <duration>' argument 'soon' is invalid\. It is not a duration.*\nhint: write a number/ })
  t.match(await run('--ttl', '240'), { code: 2, stderr: /is a number without a unit: 240\nhint: give a unit: 240s or 4m\n/ })
  t.match(await runCommand(signCommand, ['--config', '/nowhere/jwksd.yaml']), { code: 1, stderr: /the configuration cannot be read \(ENOENT\)/ })
})

t.test('where no key signs, it is said which command says why', async t => {
  const { file } = await deploy(t, { keys: { 'a.pem': `# revoked: 2026-01-01T00:00:00Z\n${privatePem('P-256')}` } })
  t.match(await runCommand(signCommand, ['--config', file]), { code: 1, stdout: '', stderr: /error: ERR_NO_ACTIVE_KEY: .*\nhint: what to do says: jwksd status\n/ })
})

t.test('a vendor\'s rule is reported with its source', async t => {
  const profiles = { plain: { preset: 'smart-backend-services' } }
  const { file } = await deploy(t, { config: { profiles }, keys: { 'k.pem': privatePem('P-384') } })
  t.match(await runCommand(signCommand, ['--config', file]), {
    code: 1, stderr: /error: iss-required: SMART Backend Services .*: iss is the client_id, a string\nhint: add claims\.iss, or let the profile force it; HL7 SMART/
  })
})

t.test('a payload profile: a text, or the bytes of standard input, signed as they stand', async t => {
  const { file } = await deploy(t, { config: { profiles: { plain: { preset: 'oracle-flattened-jws' } } } })
  const run = async (payload: string, input?: string[]) =>
    JSON.parse((await runCommand(signCommand, ['--payload', payload, '--config', file], input ? { input } : {})).stdout)
  const { payload, protected: header } = await run('a "text"')
  t.equal(header, 'eyJhbGciOiJFUzI1NiJ9')
  t.equal(Buffer.from(payload, 'base64url').toString(), 'a "text"')
  t.equal(Buffer.from((await run('-', ['{ "order"', ': 1 }\n'])).payload, 'base64url').toString(), '{ "order": 1 }\n')
  const { code } = await runCommand(signCommand, ['--payload', 'a', '--claims', '{}', '--config', file])
  t.not(code, 0, 'claims and payload exclude each other')
})

t.test('a standard input that breaks is no token and no refusal', async t => {
  const { file } = await deploy(t)
  const broken = async function * (): AsyncGenerator<Buffer> {
    yield Buffer.from('{')
    throw new Error('EIO')
  }
  const io = { env: {}, stdin: broken(), stdout: { write: t.fail }, stderr: { write: t.fail }, clock: () => NOW }
  await t.rejects(signCommand(io).parseAsync(['--claims', '-', '--config', file], { from: 'user' }), { message: 'EIO' })
})
