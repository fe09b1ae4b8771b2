// Every command of README.md, run as a reader would paste it: in a copy of the repository, in the order of the page.
// What installs, tests or benches the checkout itself is run by .ci/run, and that is checked here too.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { makeCheckout } from '../support/checkout.ts'
import { runPage } from '../support/run-page.ts'

const readme = readFileSync('README.md', 'utf8')

t.test('every command of the README works in the order of the page, and prints what the page shows', async t => {
  const directory = t.testdir()
  makeCheckout(directory)
  const { code, output, wrong } = await runPage(readme, { program: path.join(directory, 'dist/main.js'), directory })
  t.equal(code, 0, 'README.md', { output })
  t.strictSame(wrong, [])
})

t.test('.ci/run runs what the page says of the checkout itself', async t => {
  const ci = readFileSync('.ci/run', 'utf8')
  for (const command of ['npm ci && npm start', 'npm ci && npm test', 'npm run bench']) t.ok(readme.includes(command) && ci.includes(command), command)
})
