// Nothing of a private key leaves the process: every answer and every log line of a server with keys of every type is
// scanned for private members, PEM blocks and the very values of the private keys.

import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { findPrivate, PRIVATE_MEMBERS } from '../support/deep-scan.ts'
import { deploy } from '../support/deployment.ts'
import { privatePem, type TestKind } from '../support/keys.ts'
import { startProgram } from '../support/program.ts'
import { type Answer, makeFetch, postSign } from '../support/request.ts'

const KINDS: TestKind[] = ['RSA', 'P-256', 'P-384', 'P-521', 'Ed25519']

/** The values of a key's private members and the lines of its PEM. */
function secretsOf (pem: string): string[] {
  const jwk = createPrivateKey(pem).export({ format: 'jwk' })
  const values = PRIVATE_MEMBERS.flatMap(name => (jwk[name as keyof JsonWebKey] ?? []) as string)
  return [...values, ...pem.split('\n').filter(line => line.length === 64)]
}

t.test('no private member, block or value in any response or log line', async t => {
  const pems = Object.fromEntries(KINDS.map(kind => [kind.toLowerCase(), privatePem(kind)]))
  const names = Object.keys(pems)
  const deployment = await deploy(t, {
    keys: Object.fromEntries(Object.entries(pems).map(([name, pem]) => [`${name}/key.pem`, pem])),
    config: { logLevel: 'trace', profiles: Object.fromEntries(names.map(name => [name, { preset: 'jwt', set: name }])) },
    client: { profiles: names }
  })
  const server = await startProgram(t, [], { cwd: deployment.directory })
  const fetch = makeFetch(deployment.ca)
  const answers: Answer[] = []
  for (const name of names) {
    answers.push(await fetch(`${server.origin}/${name}/.well-known/jwks.json`))
    for (const body of [{ profile: name }, { profile: name, ttl: 99999 }, { profile: name, claims: { exp: 1 } }, '{', { key: 1 }]) {
      answers.push(await postSign(fetch, server.origin, deployment.apiKey, body))
    }
    answers.push(await fetch(`${server.origin}/${name}/key.pem`), await fetch(`${server.origin}/keys/${name}/key.pem`))
  }
  for (const path of ['/metrics', '/openapi.json', '/readyz', '/livez', '/.well-known/jwks.json']) answers.push(await fetch(server.origin + path))
  answers.push(await postSign(fetch, server.origin, 'nonsense', {}))
  t.ok(answers.some(({ status }) => status === 200) && answers.some(({ status }) => status >= 400))
  await server.stop()
  const written = [server.output.stdout, server.output.stderr, await readFile(deployment.audit, 'utf8')]
  const texts = [...answers.map(({ headers, text }) => JSON.stringify(headers) + '\n' + text), ...written]
  const tokens = answers.flatMap(({ status, text }) => status === 200 && text.startsWith('{"token"') ? JSON.parse(text).token as string : [])
  t.equal(tokens.length, KINDS.length)
  const decoded = tokens.flatMap(token => token.split('.').slice(0, 2).map(part => Buffer.from(part, 'base64url').toString()))

  const leaks = (texts: readonly string[], secrets: readonly string[]): string[] =>
    texts.flatMap(text => [...findPrivate(text), ...secrets.filter(secret => text.includes(secret))])
  const secrets = [...Object.values(pems).flatMap(secretsOf), deployment.apiKey]
  t.strictSame(leaks([...texts, ...decoded], secrets), [])

  // Negative control: each secret, put where it must not be, is found.
  t.ok(secrets.length > KINDS.length * 2)
  for (const secret of secrets) t.not(leaks([`{"level":"info","detail":"${secret}"}`], secrets).length, 0)
  for (const pem of Object.values(pems)) {
    t.not(leaks([JSON.stringify({ keys: [createPrivateKey(pem).export({ format: 'jwk' })] })], []).length, 0)
  }
})
