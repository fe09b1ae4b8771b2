// Quickstart as a newcomer sees it: the printed lines pasted into a shell.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { RunningServer } from './program.ts'

export const LOOPBACK = { JWKSD_LISTEN: '127.0.0.1:0' }
const run = promisify(execFile)

/** The printed curl lines, pasted into a shell. @returns what each answers, parsed */
export async function paste (cwd: string, { output }: RunningServer): Promise<any[]> {
  const lines = output.stdout.split('\n').filter(line => line.startsWith('  curl '))
  return await Promise.all(lines.map(async line =>
    JSON.parse((await run('bash', ['-c', `${line.trim()} --silent --show-error --fail`], { cwd })).stdout)))
}
