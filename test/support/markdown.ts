// The Markdown pages of the repository, read as GitHub reads them: links, anchors and fenced blocks.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import GithubSlugger from 'github-slugger'
import { marked, type Token } from 'marked'

const below = (folder: string): string[] => readdirSync(folder, { recursive: true }).map(file => path.join(folder, String(file)))

/** Every Markdown file of the repository. */
export const PAGES = readdirSync('.', { withFileTypes: true })
  .filter(({ name }) => name !== 'node_modules' && name !== 'dist' && !name.startsWith('.'))
  .flatMap(({ name }) => statSync(name).isDirectory() ? below(name) : [name])
  .filter(file => file.endsWith('.md') && !file.includes('node_modules')).sort()

export interface Page {
  /** Targets of links and images, in the order of the page. */
  readonly links: readonly string[]
  /** What a `#fragment` may name: headings, and `id` of HTML. */
  readonly anchors: ReadonlySet<string>
  /** Fenced blocks and HTML comments, in the order of the page. */
  readonly blocks: readonly Block[]
}

/** A fenced block, `lang` being all that follows the fence (may be empty), or an HTML comment with the lang `<!--`. */
export interface Block { readonly lang: string, readonly text: string, readonly line: number }

/** Reads a page. */
export function readPage (text: string): Page {
  const links: string[] = []
  const anchors = new Set<string>()
  const blocks: Block[] = []
  const slugger = new GithubSlugger()
  const lines = text.split('\n').map(line => line.trim())
  let at = 0 // lines that have been passed
  void marked.walkTokens(marked.lexer(text), (token: Token) => {
    if (token.type === 'link' || token.type === 'image') links.push(token.href)
    if (token.type === 'heading') anchors.add(slugger.slug(plainText(token.tokens ?? [])))
    if (token.type === 'html') for (const [, id] of token.raw.matchAll(/\bid="([^"]+)"/g)) anchors.add(id!)
    const block = blockOf(token)
    if (block === undefined) return
    const raw = token.raw.trim().split('\n')
    at = lines.indexOf(raw[0]!.trim(), at)
    blocks.push({ ...block, line: at + 1 })
    at += raw.length
  })
  return { links, anchors, blocks }
}

function blockOf (token: Token): Omit<Block, 'line'> | undefined {
  if (token.type === 'code') return { lang: token.lang ?? '', text: token.text }
  const comment = token.type === 'html' && token.block ? /^<!--([\s\S]*)-->\s*$/.exec(token.text)?.[1] : undefined
  return comment === undefined ? undefined : { lang: '<!--', text: comment }
}

/** The page at a path of the repository. */
export const readPageFile = (file: string): Page => readPage(readFileSync(file, 'utf8'))

const plainText = (tokens: readonly Token[]): string => tokens.map(token => 'tokens' in token && token.tokens ? plainText(token.tokens) : token.raw.replace(/^`+|`+$/g, '')).join('')
