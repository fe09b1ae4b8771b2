// Starts the process of the public listener before the command line is loaded, so that both load at the same time: that saves
// 200 ms of the start. A guess from the arguments and the configuration's text; `serve` decides when it has read them.

import { readFileSync } from 'node:fs'
import type { Environment } from '../config/types.ts'
import { PublicProcess } from '../server/public-process.ts'

function looksSeparate (args: readonly string[], env: Environment): boolean {
  const [command, ...options] = args
  if (command !== 'serve' || options.some(option => option.startsWith('--only'))) return false
  const text = options.join('\n')
  const named = /^(?:--config|-c)[=\n]?(.+)$/m.exec(text)?.[1] ?? (env.JWKSD_CONFIG || 'jwksd.yaml')
  try {
    const config = readFileSync(named, 'utf8')
    return /^sign:/m.test(config) && !/\blisten: *["']?public\b/.test(config)
  } catch {
    return false // `serve` says why it cannot be read
  }
}

let early: PublicProcess | undefined

/** Starts the process where `jwksd …args` looks like a server with two listeners. */
export function startEarly (args: readonly string[], env: Environment): void {
  if (looksSeparate(args, env)) early = new PublicProcess()
}

/** Hands over the process that was started early. @param wanted whether it is needed; if not, it ends */
export function takeEarly (wanted: boolean): PublicProcess | undefined {
  const taken = early
  early = undefined
  if (wanted) return taken ?? new PublicProcess()
  void taken?.close()
  return undefined
}
