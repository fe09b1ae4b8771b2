// The package as npm would publish it: it runs by npx from the tarball in an empty directory, and brings its manual page.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { ModuleKind, transpileModule } from 'typescript'
import { COMMANDS } from '../../src/cli/commands.ts'
import { makeCheckout, shell } from '../support/checkout.ts'

t.test('npm pack gives a package that npx runs', async t => {
  const checkout = t.testdir()
  // Not below the repository: npm would read its .npmrc.
  const empty = mkdtempSync(path.join(tmpdir(), 'jwksd-package-'))
  t.teardown(() => { rmSync(empty, { recursive: true }) })
  for (const name of ['package', 'user']) mkdirSync(path.join(empty, name))
  makeCheckout(checkout)
  const run = (cwd: string, command: string): string => execFileSync('bash', shell(command), { cwd, encoding: 'utf8' })
  run(checkout, `npm pack --silent --pack-destination ${path.join(empty, 'package')}`)
  const [tarball] = readdirSync(path.join(empty, 'package'))
  const user = path.join(empty, 'user')
  const npx = `npx --yes --prefer-offline --package ${path.join(empty, 'package', tarball!)} -- jwksd`
  t.match(run(user, `${npx} keygen ecw --alg ES256`), /^kid: .*\nalg: {2}ES256\n/)
  t.test('with what belongs to it, and nothing else', async t => {
    const files = run(user, `tar -tf ${path.join(empty, 'package', tarball!)}`).trim().split('\n').map(file => file.replace(/^package\//, ''))
    for (const file of ['dist/main.js', 'jwksd.1', 'jwksd.schema.json', 'jwksd.example.yaml', 'README.md', 'LICENSE']) t.ok(files.includes(file), file)
    t.strictSame(files.filter(file => /^(src|test|keys|bench|\.)|\.pem$/.test(file)), [])
  })

  t.test('jwksd/client works without any dependency of jwksd, and its types resolve', async t => {
    const program = path.join(empty, 'program')
    mkdirSync(path.join(program, 'node_modules/jwksd'), { recursive: true })
    run(program, `tar -xf ${path.join(empty, 'package', tarball!)} --strip-components=1 -C node_modules/jwksd`)
    writeFileSync(path.join(program, 'package.json'), '{"type":"module"}')
    const consumer = (method: string): string => [
      "import { JwksdClient, JwksdError, type SignedToken } from 'jwksd/client'",
      "const client = new JwksdClient({ url: 'https://localhost:1', apiKey: 'k', retries: 0 })",
      `const signed: Promise<SignedToken> = client.${method}({ profile: 'ecw', claims: { sub: 'me' }, ttl: 60 })`,
      'signed.catch((error: unknown) => { console.log(error instanceof JwksdError ? error.hint : (error as { code: string }).code) })'
    ].join('\n')
    const options = `--noEmit --strict --module nodenext --target es2023 --types node --typeRoots ${path.resolve('node_modules/@types')}`
    const compile = `${path.resolve('node_modules/.bin/tsc')} ${options} consumer.ts`
    writeFileSync(path.join(program, 'consumer.ts'), consumer('sign'))
    t.equal(run(program, compile), '')
    writeFileSync(path.join(program, 'consumer.js'), transpileModule(consumer('sign'), { compilerOptions: { module: ModuleKind.ESNext } }).outputText)
    t.equal(run(program, 'node consumer.js'), 'ECONNREFUSED\n')
    writeFileSync(path.join(program, 'consumer.ts'), consumer('signJson'))
    t.match(run(program, `${compile} || true`), "Property 'token' is missing", 'negative control: the types are not any')
  })

  t.test('its manual page names every command, and mandoc accepts it', async t => {
    const page = path.join(checkout, 'jwksd.1')
    t.ok(existsSync(page))
    execFileSync('mandoc', ['-T', 'lint', '-W', 'error', page])
    for (const { name } of COMMANDS) t.match(readFileSync(page, 'utf8'), `.SS "${name.replaceAll('-', '\\-')}`)
  })
})
