// Runs the commands of a page as CONTRIBUTING.md describes them: one bash, block after block, and compares what a page
// shows as output with what was printed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { freePorts } from './free-port.ts'
import { type Block, readPage } from './markdown.ts'
import { cleanEnvironment, inRepository } from './program.ts'

interface Place {
  /** The built program, `dist/main.js` of a checkout. */
  readonly program: string
  /** An empty directory in which the page's commands run. */
  readonly directory: string
  readonly env?: Record<string, string>
}

export interface PageResult {
  readonly code: number | null
  /** What the commands printed and, after a failure, where it was. */
  readonly output: string
  /** Blocks `text output` that differ from what the block before printed. */
  readonly wrong: readonly string[]
}

/** Ports of the pages, which become free ones. */
const PORTS = ['8443', '9443', '9000']

const isOutput = ({ lang }: Block): boolean => /^\w+ output$/.test(lang)

/** Commands of a block, visible or hidden, or a file that it writes; undefined when it does neither. */
export function commandsOf ({ lang, text }: Block): string | undefined {
  if (lang === 'sh') return text
  if (lang === '<!--') return /^\s*sh\n([\s\S]*)$/.exec(text)?.[1]
  const file = / file=(\S+)$/.exec(lang)?.[1]
  return file === undefined ? undefined : `mkdir -p "$(dirname ${file})" && cat >${file} <<'END OF FILE'\n${text}\nEND OF FILE`
}

/** Values that differ from run to run, replaced by their kind. */
const withoutValues = (text: string): string => text
  .replace(/\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?Z?)?/g, 'TIME')
  .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{16}\b/g, 'KID').replace(/localhost:\d+/g, 'localhost:PORT').replace(/[ \t]+/g, ' ').trim()

/** Whether the page shows what was printed; `…` stands for any text. */
function shows (shown: string, printed: string): boolean {
  const pattern = withoutValues(shown).split('…').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[\\s\\S]*')
  return new RegExp(`^${pattern}$`, 'm').test(withoutValues(printed))
}

/** Runs every command of a page in order. Ends all that they started. */
export async function runPage (text: string, { program, directory, env }: Place): Promise<PageResult> {
  const { blocks } = readPage(text)
  const notes = path.join(path.dirname(directory), `${path.basename(directory)}-page`)
  rmSync(notes, { recursive: true, force: true })
  mkdirSync(notes)
  const ports = await freePorts(PORTS.length)
  const support = inRepository('test/support')
  const ported = (commands: string): string => PORTS.reduce((text, port, i) => text.replaceAll(`:${port}`, `:${ports[i]}`), commands)
  const steps = blocks.map(block => ({ ...block, commands: commandsOf(block) }))
    .filter(({ commands }) => commands !== undefined)
    .map(({ line, commands }) => `AT=${line}; {\n${ported(commands!)}\n} >"$PAGE_TMP/$AT" 2>&1; OUTPUT=$PAGE_TMP/$AT`)
  const script = path.join(notes, 'script')
  writeFileSync(script, ['set -euo pipefail', `. ${support}/page-shell.sh`, ...steps].join('\n'))
  const { code, said } = await runScript(script, directory, {
    PROGRAM: program, REPOSITORY: inRepository(''), SUPPORT: support, PAGE_TMP: notes, PORTED: PORTS.map((port, i) => `s/:${port}/:${ports[i]}/;`).join(' '), ...env
  })
  const printed = ({ line }: Block): string => existsSync(path.join(notes, String(line))) ? readFileSync(path.join(notes, String(line)), 'utf8') : ''
  const wrong = blocks.filter(isOutput).flatMap(block => {
    const before = printed(blocks.filter(({ line, lang }) => line < block.line && lang === 'sh').at(-1)!)
    return code !== 0 || shows(block.text, before) ? [] : [`line ${block.line}: shown\n${block.text}\nprinted\n${before}`]
  })
  return { code, output: blocks.map(printed).join('') + said, wrong }
}

async function runScript (script: string, cwd: string, env: Record<string, string>): Promise<{ code: number | null, said: string }> {
  const child = spawn('bash', [script], { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: cleanEnvironment(env) })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => { said += chunk })
  const [code] = await once(child, 'exit') as [number | null]
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch {
    // Nothing is left of it.
  }
  return { code, said }
}
