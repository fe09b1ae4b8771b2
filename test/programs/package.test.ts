// The package as npm would publish it: it runs by npx from the tarball in an empty directory, and brings its manual page.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
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

  t.test('its manual page names every command, and mandoc accepts it', async t => {
    const page = path.join(checkout, 'jwksd.1')
    t.ok(existsSync(page))
    execFileSync('mandoc', ['-T', 'lint', '-W', 'error', page])
    for (const { name } of COMMANDS) t.match(readFileSync(page, 'utf8'), `.SS "${name.replaceAll('-', '\\-')}`)
  })
})
