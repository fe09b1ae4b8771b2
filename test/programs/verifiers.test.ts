// Tokens from /sign verify with the libraries that relying parties use, each fetching the keys itself over HTTPS.

import path from 'node:path'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { privatePem, type TestKind } from '../support/keys.ts'
import { inRepository, runNode, startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'

const PROGRAM = inRepository('test/support/fetch-and-verify.ts')
const LIBRARIES = ['jose', 'jwks-rsa + jsonwebtoken', 'get-jwks + fast-jwt']

for (const [kind, alg] of [['RSA', 'RS384'], ['P-256', 'ES256']] satisfies Array<[TestKind, string]>) {
  t.test(`${alg}: accepted by three libraries, and refused by each when tampered with`, async t => {
    const deployment = await deploy(t, { keys: { 'key.pem': privatePem(kind) } })
    const { origin } = await startProgram(t, [], { cwd: deployment.directory })
    const verify = async (token: string, ca = 'tls/ca.pem'): Promise<Record<string, { payload?: object, error?: string }>> => {
      const env = { NODE_EXTRA_CA_CERTS: path.join(deployment.directory, ca) }
      const { code, stdout, stderr } = await runNode(PROGRAM, [origin, token], { cwd: deployment.directory, env })
      t.equal(code, 0, stderr)
      return JSON.parse(stdout)
    }
    const claims = { iss: 'https://issuer.example', sub: 'me' }
    const { token, jti, exp } = (await postSign(makeFetch(deployment.ca), origin, deployment.apiKey, { claims })).json()
    const [header, payload, signature] = token.split('.')
    const forged = Buffer.from(payload, 'base64url').toString().replace('"me"', '"you"')
    const good = await verify(token)
    const tampered = await verify([header, Buffer.from(forged).toString('base64url'), signature].join('.'))
    t.strictSame(Object.keys(good), LIBRARIES)
    for (const library of LIBRARIES) {
      t.match(good[library]!.payload, { ...claims, jti, exp }, library)
      t.match(tampered[library]!.error, /signature/i, library)
    }
    const untrusted = await verify(token, 'tls/key.pem')
    for (const library of LIBRARIES) t.type(untrusted[library]!.error, 'string', `control: ${library} does check the server's certificate`)
  })
}
