// Plain English: words that make a reader of comments, messages or pages stop are not used.

import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

const WORDS = new RegExp([
  /\b(anew|twins?|since ever|at one stroke|stands? twice|ways in|hereafter|mend(s|ed|ing)?|valid login|whoever|doors?)\b/,
  /(?<!left )\balone\b(?!\.)/, /\btold\b(?! apart)/, /^\/\/ Refuses\b/
].map(({ source }) => source).join('|'), 'i')

/** Each line with one of these words, as `file:line: text`. */
const find = (file: string, text: string): string[] =>
  text.split('\n').flatMap((line, index) => WORDS.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])

const below = (directory: string): string[] => readdirSync(directory, { recursive: true, withFileTypes: true })
  .filter(each => each.isFile()).map(each => `${each.parentPath}/${each.name}`)

t.test('no unusual words in sources and pages', async t => {
  const pages = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'keys/README.md', 'jwksd.example.yaml', ...below('docs'), ...below('deploy')]
  const sources = [...below('src'), ...below('test').filter(file => file.endsWith('.ts') && !file.endsWith('language.test.ts'))]
  t.ok(pages.length > 10 && sources.length > 150)
  for (const file of [...pages, ...sources]) t.strictSame(find(file, readFileSync(file, 'utf8')), [], file)
})

t.test('negative control: each word is found, and ordinary words are not', async t => {
  for (const text of ['made anew', 'three ways in:', '// Refuses weak keys', 'no valid login', 'how to mend it']) t.equal(find('a', `x\n${text}`).length, 1, text)
  for (const text of ['loopback alone', 'Whoever asks', 'the public door']) t.equal(find('a', text).length, 1, text)
  for (const text of ['always inside', 'recommended', 'it Refuses', 'standalone']) t.strictSame(find('a', text), [], text)
})
