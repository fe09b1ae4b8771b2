// verify-audit on a log of a million lines: as long as a busy month, proven while somebody waits.

import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { hash, randomUUID } from 'node:crypto'
import path from 'node:path'
import t from 'tap'
import { formatLine } from '../../src/observe/audit-chain.ts'
import { verifyFiles } from '../../src/observe/verify-files.ts'

const LINES = 1_000_000
const FILES = 4

t.test('a million lines in rotated files; how long it takes is printed', { timeout: 120_000 }, async t => {
  const directory = t.testdir()
  const files = Array.from({ length: FILES }, (_, i) => path.join(directory, `audit.jsonl.${FILES - i}`))
  let head = { log: '0123456789abcdef', seq: 0, sha256: '' }
  for (const file of files) {
    const output = createWriteStream(file)
    for (let block = 0; block < LINES / FILES; block += 1000) {
      const lines: string[] = []
      for (let i = 0; i < 1000; i++) {
        const line = formatLine(head, makeGrant())
        head = { ...head, seq: head.seq + 1, sha256: hash('sha256', line) }
        lines.push(line + '\n')
      }
      if (!output.write(lines.join(''))) await once(output, 'drain')
    }
    output.end()
    await finished(output)
  }
  const [start, before] = [performance.now(), process.cpuUsage()]
  const { lines, last } = await verifyFiles(files, {})
  const { user, system } = process.cpuUsage(before)
  const seconds = (user + system) / 1e6
  t.strictSame([lines, last.seq, last.sha256], [LINES, LINES, head.sha256])
  t.comment(`${LINES} lines of about ${last.bytes.length} bytes: ${seconds.toFixed(2)} s of CPU, ${((performance.now() - start) / 1000).toFixed(2)} s`)
})

function makeGrant (): object {
  return {
    time: '2026-11-22T20:40:00Z',
    event: 'granted',
    request: randomUUID(),
    address: '10.0.0.17',
    client: 'billing',
    auth: 'apiKey',
    profile: 'ecw-prod',
    set: 'ecw',
    kid: '32e42935da260fcf',
    alg: 'RS384',
    jti: randomUUID(),
    iat: 1_795_395_092,
    exp: 1_795_395_392,
    aud: 'https://oauth.example.com/oauth2/token',
    payloadSha256: '0'.repeat(64),
    tokenSha256: 'f'.repeat(64)
  }
}
