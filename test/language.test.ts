// Plain English: words that make a reader of comments, messages or pages stop are not used.

import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

const EVERYWHERE = /\b(anew|twins?|since ever|at one stroke|stands? twice|ways in|hereafter|mend(s|ed|ing)?|valid login)\b|^\/\/ Refuses\b/i
const PAGES = new RegExp(`${EVERYWHERE.source}|\\b(alone|told|whoever|doors?)\\b`, 'i')

/** Each line with one of these words, as `file:line: text`. */
const find = (words: RegExp, file: string, text: string): string[] =>
  text.split('\n').flatMap((line, index) => words.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])

const below = (directory: string): string[] => readdirSync(directory, { recursive: true, withFileTypes: true })
  .filter(each => each.isFile()).map(each => `${each.parentPath}/${each.name}`)

t.test('no unusual words in sources and pages', async t => {
  const pages = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'keys/README.md', 'jwksd.example.yaml', ...below('docs'), ...below('deploy')]
  const sources = below('src')
  t.ok(pages.length > 10 && sources.length > 50)
  t.strictSame(pages.flatMap(file => find(PAGES, file, readFileSync(file, 'utf8'))), [])
  t.strictSame(sources.flatMap(file => find(EVERYWHERE, file, readFileSync(file, 'utf8'))), [])
})

t.test('negative control: each word is found, and ordinary words are not', async t => {
  for (const text of ['made anew', 'three ways in:', '// Refuses weak keys', 'no valid login', 'how to mend it']) t.equal(find(EVERYWHERE, 'a', `x\n${text}`).length, 1, text)
  for (const text of ['loopback alone', 'Whoever asks', 'the public door']) t.equal(find(PAGES, 'a', text).length, 1, text)
  for (const text of ['always inside', 'recommended', 'it Refuses', 'standalone']) t.strictSame(find(PAGES, 'a', text), [], text)
})
