// docs/tutorial.md, executed from its text: from a clone to a token that node-oidc-provider accepts, through a rotation and a
// revocation. Only the clock and the waiting are the test's, in comments of the page.

import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { inRepository } from '../support/program.ts'
import { runPage } from '../support/run-page.ts'

const tutorial = readFileSync('docs/tutorial.md', 'utf8')

/** The URL of the repository leads to this one. */
const CLONE = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: `url.${inRepository('')}.insteadOf`, GIT_CONFIG_VALUE_0: 'https://github.com/jwksd/jwksd' }

t.test('the tutorial does what it says', async t => {
  const directory = t.testdir()
  const { code, output, wrong } = await runPage(tutorial, { program: 'set by npm ci', directory, env: CLONE })
  t.equal(code, 0, 'docs/tutorial.md', { output })
  t.strictSame(wrong, [])

  const control = path.join(directory, 'control')
  mkdirSync(control)
  for (const name of ['examples', 'node_modules']) symlinkSync(path.join(directory, 'jwksd', name), path.join(control, name))
  const changed = tutorial.slice(tutorial.indexOf('## 2'), tutorial.indexOf('## 6')).replace('iss=hospital', 'iss=clinic')
  t.match(await runPage(changed, { program: path.join(directory, 'jwksd/dist/main.js'), directory: control }),
    { code: 22, output: /invalid_client/ }, 'control: with another client_id the authorization server refuses')
})
