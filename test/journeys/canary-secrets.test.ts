// Secrets planted as canaries, used as they should be and where they should not: none comes out in a log, a metric, an
// answer, a report or the audit log.

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { reportCommand } from '../../src/cli/report.ts'
import { statusCommand } from '../../src/cli/status.ts'
import { verifyAuditCommand } from '../../src/cli/verify-audit.ts'
import { makeApiKey } from '../../src/core/clients/api-key.ts'
import { runCommand } from '../support/command.ts'
import { follow } from '../support/followed-server.ts'
import { makePrivateKey, privatePem } from '../support/keys.ts'
import { postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

const PASSPHRASE = 'canary-passphrase-5b1f'

t.test('key bytes, API keys, tokens and passphrases come out nowhere', async t => {
  const [key, stray] = [makePrivateKey('P-256'), makePrivateKey('P-256')]
  const encrypted = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE }) as string
  const env = { JWKSD_KEY_PASSPHRASE: PASSPHRASE }
  const server = await follow(t, { keys: { 'default.pem': encrypted }, env })
  const { fetch, origin, apiKey, audit, file, keys, log, server: { health } } = server
  const wrong = makeApiKey().token
  const seen: string[] = []
  const sign = async (credential: string, body: object | string): Promise<number> => {
    const { status, text } = await postSign(fetch, origin, credential, body)
    if (status !== 200) seen.push(text)
    else tokens.push(JSON.parse(text).token)
    return status
  }
  const tokens: string[] = []
  t.equal(await sign(apiKey, { claims: { sub: 'me' } }), 200)
  const token = tokens[0]!
  t.equal(await sign(wrong, {}), 401)
  t.equal(await sign(token, {}), 401)
  for (const secret of [apiKey, token, privatePem(stray)]) {
    for (const body of [{ profile: secret }, { claims: { [secret]: 1 }, ttl: 'x' }, { [secret]: 1 }, `{"claims":${secret}`]) await sign(apiKey, body)
    seen.push((await fetch(`${origin}/${encodeURIComponent(secret.slice(0, 60))}/.well-known/jwks.json`)).text)
  }
  writeFileSync(path.join(keys, 'stray.pem'), privatePem(stray).replace('-----END', '!!!\n-----END'), { mode: 0o600 })
  await until(() => health.failure('reload') !== undefined)
  for (const route of ['/metrics', '/readyz', '/openapi.json']) seen.push((await fetch(origin + route)).text)
  seen.push(readFileSync(audit, 'utf8'), JSON.stringify(log()))
  for (const [make, args] of [[reportCommand, ['--from', '2020-01-01', audit]], [verifyAuditCommand, [audit]], [statusCommand, ['--config', file]]] as const) {
    const { stdout, stderr } = await runCommand(make, args, { env })
    seen.push(stdout, stderr)
  }
  const secretsOf = (pem: string): string[] => pem.split('\n').filter(line => line.length > 20 && !line.startsWith('-----'))
  const canaries = {
    passphrase: [PASSPHRASE],
    'API key': [apiKey.slice(15), wrong.slice(15)],
    token: [token.split('.')[2]!],
    'private key': [...secretsOf(privatePem(key)), ...secretsOf(privatePem(stray)), ...[key, stray].map(one => one.export({ format: 'jwk' }).d!)]
  }
  const text = seen.join('\n')
  for (const [kind, values] of Object.entries(canaries)) {
    for (const value of values) t.notOk(text.includes(value), kind)
  }
  t.match(text, wrong.slice(6, 14), 'control: the id of an API key is no secret')
  appendFileSync(audit, apiKey)
  t.ok(readFileSync(audit, 'utf8').includes(canaries['API key'][0]!), 'control: it would be found')
})
