// Remembers what was read from the last text of a configuration: most reloads are of keys, and ten thousand clients take half
// a second to check. What has faults is read again each time.

import { readConfig, type ReadConfig } from './parse.ts'
import type { Environment } from './types.ts'
import { readYaml } from './yaml.ts'

/** The configuration of one server: one file and one environment. */
export class ConfigCache {
  #last: { readonly text: string, readonly read: ReadConfig } | undefined

  /** As `readConfig`. Warnings of API keys that expire are as of the first read of a text. @throws FaultsError as `readYaml` */
  read (file: string, text: string, env: Environment, now: number, quickstart: boolean): ReadConfig {
    if (this.#last?.text === text) return this.#last.read
    const read = readConfig(readYaml(file, text), env, now, quickstart)
    this.#last = read.config && { text, read }
    return read
  }
}
