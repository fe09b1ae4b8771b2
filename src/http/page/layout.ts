// What both pages are made of: the document around them, and the parts that come back: copies, tables, dates.

import { createHash } from 'node:crypto'
import { formatDate, formatRelative, formatTime } from '../../core/time.ts'
import { html, type Html, type Part } from './html.ts'
import { ICON } from './icon.ts'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'
import { PATTERNS } from './time-line.ts'

/** Files of the pages by URL. */
export const ASSETS: ReadonlyMap<string, { readonly type: string, readonly text: string }> = new Map([
  ['/page.css', { type: 'text/css; charset=utf-8', text: STYLE }],
  ['/page.js', { type: 'text/javascript; charset=utf-8', text: SCRIPT }],
  ['/page.svg', { type: 'image/svg+xml', text: ICON }]
])

/** Changes with the files, which browsers keep. */
const VERSION = createHash('sha256').update(STYLE + SCRIPT + ICON).digest('hex').slice(0, 8)

const SYMBOLS = {
  well: html`<path d="m7 12.5 3.4 3.4L17 9"/>`,
  ill: html`<path d="M12 7v6.2M12 16.6v.1"/>`,
  plain: html`<path d="M12 11v6M12 7.3v.1"/>`
}

interface Page {
  /** Host name of the public listener. */
  readonly host: string
  /** The sentence on top. */
  readonly sentence: string
  readonly mood: keyof typeof SYMBOLS
  readonly now: number
  readonly main: Part
  readonly footer: Part
}

/** A whole document. */
export function layOut ({ host, sentence, mood, now, main, footer }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${mood === 'ill' && '⚠ '}jwksd: ${host}</title>
<link rel="icon" href="/page.svg?v=${VERSION}" type="image/svg+xml">
<link rel="stylesheet" href="/page.css?v=${VERSION}">
<script src="/page.js?v=${VERSION}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the keys</a>
<div class="page">
<header>
<p class="brand"><b>jwksd</b> <span>${host}</span> ${moment(now, now)}</p>
<div class="status ${mood}"><svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><circle cx="12" cy="12" r="10"/>${SYMBOLS[mood]}</svg><h1>${sentence}</h1></div>
</header>
${PATTERNS}
<main id="main">${main}</main>
<footer>${footer}</footer>
<p id="said" class="unseen" role="status"></p>
</div>
</body>
</html>
`.toString()
}

/** A text to copy: with a button where the script runs, selectable with one click where it does not. */
export function copyable (text: string, name: string): Html {
  return html`<span class="copy"><code>${text}</code><button type="button" data-copy="${text}" aria-label="Copy ${name}" hidden>Copy</button></span>`
}

/** A date with its machine-readable form. @param relative adds how far away it is */
export function moment (at: number, now: number, relative = false): Html {
  return html`<time datetime="${formatTime(at)}">${formatDate(at, now)}${relative && ` (${formatRelative(at - now)})`}</time>`
}

/** A table, of which narrow screens make a list. The roles remain where CSS takes those of the elements. */
export function tableOf (name: string, columns: readonly string[], rows: ReadonlyArray<readonly Part[]>): Html {
  return html`<table role="table" aria-label="${name}">
<thead role="rowgroup"><tr role="row">${columns.map(column => html`<th role="columnheader" scope="col">${column}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map(row => html`<tr role="row">${row.map((cell, i) => html`<td role="cell"${i > 0 && html` data-label="${columns[i]}"`}>${cell}</td>`)}</tr>
`)}</tbody>
</table>`
}
