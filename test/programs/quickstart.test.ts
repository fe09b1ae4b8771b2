// Quickstart once more: what it made is used again.

import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { runProgram, startProgram } from '../support/program.ts'
import { LOOPBACK, paste } from '../support/quickstart.ts'

t.test('restarted, it uses what it made; an edited configuration is kept', async t => {
  const cwd = t.testdir({ keys: {} })
  const files = ['.jwksd/dev-token', '.jwksd/tls/cert.pem', '.jwksd/jwksd.yaml']
  const read = async (): Promise<string[]> => await Promise.all(files.map(async name => await readFile(path.join(cwd, name), 'utf8')))
  const visit = async (): Promise<any[]> => {
    const server = await startProgram(t, [], { cwd, env: LOOPBACK })
    const answers = await paste(cwd, server)
    t.equal(await server.stop('SIGINT'), 0)
    return answers
  }
  const [first] = await visit()
  const made = await read()
  const [second, issued] = await visit()
  t.strictSame(second, first, 'the same JWK Set')
  t.strictSame(await read(), made, 'the same files')
  t.match(issued, { kid: first.keys[0].kid })
  await rm(path.join(cwd, '.jwksd/tls'), { recursive: true }) // what is missing is made again
  const edited = made[2]!.replace(/^( +)preset: jwt$/m, '$&\n$1ttl: { default: 7m, max: 8m }')
  await writeFile(path.join(cwd, files[2]!), edited)
  const [third, longer] = await visit()
  t.strictSame(third, first)
  t.equal(longer.exp - longer.iat, 420)
  t.equal((await read())[2], edited)
})

t.test('the configuration: the one that quickstart made where none is given, and none at all', async t => {
  const cwd = t.testdir()
  t.match(await runProgram(['sign'], { cwd }), { code: 1, stderr: /there is no configuration here\nhint: make one with: jwksd init/ })
  const server = await startProgram(t, [], { cwd, env: LOOPBACK })
  await server.stop()
  t.match(await runProgram(['sign'], { cwd }), { code: 0, stdout: /^eyJ/ })
})
