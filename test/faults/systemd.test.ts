// The systemd unit by systemd's own score, from 0 (sandboxed) to 10 (exposed).

import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { inRepository } from '../support/program.ts'

/** In tenths. What is left is memory that V8 writes and runs, and the network that a server is for. */
const THRESHOLD = 15

const analyze = (unit: string) => spawnSync('systemd-analyze', ['security', '--offline=true', `--threshold=${THRESHOLD}`, '--no-pager', unit], { encoding: 'utf8' })

t.test('the unit is scored below the threshold', async t => {
  const { status, stdout } = analyze(inRepository('deploy/jwksd.service'))
  t.equal(status, 0, stdout.split('\n').filter(line => line.includes('✗') || line.includes('→')).join('\n'))
  const bare = path.join(t.testdir(), 'bare.service')
  await writeFile(bare, '[Service]\nExecStart=/usr/bin/node\n')
  t.not(analyze(bare).status, 0, 'control: a unit without any restriction')
})
