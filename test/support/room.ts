// The test files of one folder, in one process.

import { readdir } from 'node:fs/promises'

/** Imports each test file below `test/<name>`. */
export async function runRoom (name: string): Promise<void> {
  const folder = new URL(`../${name}/`, import.meta.url)
  const files = await readdir(folder, { recursive: true })
  for (const file of files.filter(one => one.endsWith('.test.ts')).sort()) await import(new URL(file, folder).href)
}
