// Every relative link of every Markdown page leads to a file, and every #anchor to a heading of its page or an `id`.

import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { PAGES, readPage, readPageFile } from './support/markdown.ts'

/** Links of a page that lead nowhere. Those with a scheme are left out. */
function brokenLinks (file: string, text: string): string[] {
  return readPage(text).links.filter(link => {
    if (/^[a-z]+:/.test(link)) return false
    const [target, anchor] = link.split('#') as [string, string?]
    const to = target === '' ? file : path.join(path.dirname(file), decodeURI(target))
    if (target.startsWith('/') || !existsSync(to) || path.relative('.', to).startsWith('..')) return true
    if (anchor === undefined) return false
    if (/^L\d+(-L\d+)?$/.test(anchor) && statSync(to).isFile()) return false
    return !(to === file ? readPage(text) : readPageFile(to)).anchors.has(anchor)
  })
}

t.test('every relative link and anchor of every page resolves', async t => {
  t.ok(['README.md', 'docs/README.md', 'deploy/README.md'].every(page => PAGES.includes(page)))
  for (const page of PAGES) t.strictSame(brokenLinks(page, readFileSync(page, 'utf8')), [], page)
})

t.test('every page of docs/ is in its index', async t => {
  const index = readPageFile('docs/README.md').links.map(link => path.join('docs', link))
  const missing = PAGES.filter(page => page.startsWith('docs/') && page !== 'docs/README.md' && !index.includes(page))
  t.strictSame(missing, [], 'add a line to docs/README.md')
})

t.test('negative control: a wrong file, anchor, image or absolute path is found, and code is not read', async t => {
  const broken = (text: string): string[] => brokenLinks('docs/README.md', text)
  t.strictSame(broken('# A b\n[x](#a-b) [y](errors.md#err_busy) [z](../README.md#commands) [w](https://example.com/none) `[v](none.md)`'), [])
  const links = ['none.md', '#none', 'errors.md#none', '../none/', '/README.md', '../../etc/hosts']
  t.strictSame(broken(links.map(link => `- [x](${link})\n`).join('') + '![x](none.png)\n\n| a |\n|---|\n| [x](table.md) |\n'), [...links, 'none.png', 'table.md'])
  t.strictSame(broken('```\n[x](none.md)\n```\n'), [])
})
