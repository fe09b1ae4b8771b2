// Every command of every page, as CONTRIBUTING.md says: blocks of `sh` are run from the text of the page, transcripts are
// checked, and nothing else looks like a command.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { COMMANDS } from '../../src/cli/commands.ts'
import type { Io } from '../../src/cli/io.ts'
import { outlineCommands } from '../../src/cli/outline.ts'
import { makeCheckout } from '../support/checkout.ts'
import { type Block, PAGES, readPage } from '../support/markdown.ts'
import { commandsOf, runPage } from '../support/run-page.ts'

const outlines = await outlineCommands({ env: {}, clock: () => 0 } as unknown as Io, COMMANDS)

/** What is wrong with a call of jwksd, whose words follow the name. */
function wrongCall (words: readonly string[]): string[] {
  const outline = outlines.find(({ name }) => name === words.slice(0, name.split(' ').length).join(' '))
  if (words[0]?.startsWith('--')) return []
  if (!outline) return [`no command: ${words[0]}`]
  const flags = [...outline.options.flatMap(({ flags }) => flags), '--help']
  return words.filter(word => /^--?[a-z]/.test(word) && !flags.includes(word.split('=')[0]!)).map(option => `no option of ${outline.name}: ${option}`)
}

/** What is wrong with commands that are not run. */
function wrongTranscript (commands: string): string[] {
  const calls = [...commands.replaceAll('\\\n', ' ').matchAll(/(?:^|[|;&(]\s*|\bnpx |^\w+=\S+ )jwksd +([^|;&)>#\n]+)/gm)]
  const wrong = calls.flatMap(([, rest]) => wrongCall(rest!.trim().split(/\s+/)))
  try {
    execFileSync('bash', ['-n'], { input: commands, stdio: ['pipe', 'ignore', 'pipe'] })
  } catch (error) {
    wrong.push((error as Error).message)
  }
  return wrong
}

/** The commands of a transcript: what follows `$ `, up to the line that ends the command. */
const transcriptCommands = (text: string): string => [...text.matchAll(/^\$ (.*(?:\\\n.*)*(?:\n {2,}.*)*)$/gm)].map(([, command]) => command).join('\n')

/** Faults of a block that a reader would take for commands and no test runs. */
function wrongBlock ({ lang, text, line }: Block): string[] {
  if (lang === '') return [`line ${line}: a block without a language`]
  if (lang === 'console') return (/^\$ /m.test(text) ? wrongTranscript(transcriptCommands(text)) : ['no command']).map(fault => `line ${line}: ${fault}`)
  if (['bash', 'shell', 'zsh'].includes(lang)) return [`line ${line}: commands are written in a block sh`]
  return lang !== '<!--' && /^\$ /m.test(text) ? [`line ${line}: a command that no test runs`] : []
}

/** Ours is a test that is named in the page and names the page. */
function ownTest (page: string, blocks: readonly Block[]): string | undefined {
  return blocks.map(({ lang, text }) => lang === '<!--' ? /^ tested by (\S+) $/.exec(text)?.[1] : undefined).find(Boolean)
}

const pages = PAGES.filter(page => page !== 'CHANGELOG.md').map(page => ({ page, text: readFileSync(page, 'utf8') }))

t.test('every block of every page is run, checked, or no command', async t => {
  t.ok(pages.length > 10)
  for (const { page, text } of pages) t.strictSame(readPage(text).blocks.flatMap(wrongBlock), [], page)
})

t.test('every block sh of every page runs', async t => {
  const checkout = t.testdir()
  makeCheckout(checkout)
  const program = path.join(checkout, 'dist/main.js')
  let count = 0
  for (const { page, text } of pages) {
    const { blocks } = readPage(text)
    const commands = blocks.filter(({ lang }) => lang === 'sh')
    const test = ownTest(page, blocks)
    if (test !== undefined) {
      t.ok(existsSync(test) && readFileSync(test, 'utf8').includes(page), `${page} is run by ${test}`)
      continue
    }
    if (commands.length === 0) continue
    count += commands.length
    const directory = path.join(checkout, 'pages', page)
    mkdirSync(directory, { recursive: true })
    const { code, output, wrong } = await runPage(text, { program, directory })
    t.equal(code, 0, page, { output })
    t.strictSame(wrong, [], page)
  }
  t.ok(count > 0, `${count} blocks`)
})

t.test('negative control: what would not be run is found', async t => {
  const faults = (text: string): string[] => readPage(text).blocks.flatMap(wrongBlock)
  for (const text of ['```\n$ ls\n```', '```text\n$ ls\n```', '```bash\nls\n```', '- x\n\n  ```shell\n  ls\n  ```', '```console\nls\n```']) t.equal(faults(text).length, 1, text)
  for (const call of ['rotat ecw', 'rotate ecw --bgin', 'client kye', 'sign --profil ecw | cat', 'rotate "ecw']) t.equal(faults(`\`\`\`console\n$ jwksd ${call}\n\`\`\``).length, 1, call)
  for (const call of ['rotate ecw --begin', 'client key billing --expires 180d', '--version', 'sign \\\n  --profile ecw']) t.strictSame(faults(`\`\`\`console\n$ npx jwksd ${call}\nout\n\`\`\``), [], call)
})

t.test('negative control: a command that fails, and an output that differs', async t => {
  const directory = t.testdir()
  const run = async (text: string) => await runPage(text, { program: 'none', directory })
  t.match(await run('```sh\necho a; x=1\n```\n\n<!-- sh\nfalse\n-->\n'), { code: 1, output: /line 5:/ })
  const good = await run('```sh\nx=2026-01-01\n```\n\n```sh\necho "a $x c"\n```\n\n```text output\na 2027-02-03 …\n```\n\n```yaml file=d/b.yaml\na: 8443\n```\n\n```sh\ngrep -v 8443 d/b.yaml || grep a d/b.yaml\n```\n')
  t.match(good, { code: 0, wrong: [] })
  t.match(await run('```sh\necho a\n```\n\n```text output\nb\n```\n'), { code: 0, wrong: [/shown\nb\nprinted\na/] })
  t.equal(commandsOf({ lang: '<!--', text: ' a comment ', line: 1 }), undefined)
})
