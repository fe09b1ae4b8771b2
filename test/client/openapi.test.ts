// The types of the client are those of the OpenAPI document.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { openapi } from '../../src/http/openapi.ts'

t.test('src/client/openapi.ts is what npm run client-types writes', async t => {
  const made = execFileSync(process.execPath, ['scripts/client-types.mjs'], { input: JSON.stringify(openapi), encoding: 'utf8', env: {} })
  t.equal(readFileSync('src/client/openapi.ts', 'utf8'), made)
})
