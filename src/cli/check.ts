// jwksd check: what a vendor's machine would see of a URL. Exit code 1 when there is a fault; warnings leave it 0.

import { Command, InvalidArgumentError } from 'commander'
import { FaultsError } from '../core/errors.ts'
import { probeUrl } from '../doctor/check-url.ts'
import type { Finding } from '../doctor/finding.ts'
import { hasFault, renderJson, renderMarkdown, renderText } from '../doctor/report.ts'
import { readAuthorities } from '../state/tls.ts'
import { makePaint } from './color.ts'
import type { Io } from './io.ts'

interface Options { ca?: string, allowPrivate?: boolean, json?: true, markdown?: true }

/** Columns when standard output is not a terminal. */
const WIDTH = 100

export function checkCommand (io: Io): Command {
  return new Command('check')
    .argument('<url>', 'URL of a JWK Set', parseUrl)
    .option('--ca <file>', 'trust the authorities in this PEM file in place of the public ones')
    .option('--allow-private', 'connect also to private, link-local and loopback addresses')
    .option('--json', 'result as JSON')
    .option('--markdown', 'result as Markdown, for a ticket')
    .action(async (url: URL, options: Options) => { await check(io, url, options) })
}

function parseUrl (text: string): URL {
  try {
    return new URL(text)
  } catch {
    throw new InvalidArgumentError('It is not a URL.\nhint: write it with its scheme: https://jwks.example.com/.well-known/jwks.json')
  }
}

async function check (io: Io, url: URL, options: Options): Promise<void> {
  const { ca, allowPrivate = false } = options
  const authorities = ca === undefined ? undefined : await readAuthorities(ca)
  const { findings } = await probeUrl(url, { now: io.clock(), allowPrivate, ...(authorities && { ca: authorities }) })
  io.stdout.write(render(io, url.href, findings, options))
  if (hasFault(findings)) throw new FaultsError([]) // the report has said it all
}

function render (io: Io, subject: string, findings: readonly Finding[], { json, markdown }: Options): string {
  if (json) return renderJson(subject, findings)
  if (markdown) return renderMarkdown(subject, findings)
  return renderText(subject, findings, { width: io.stdout.columns ?? WIDTH, paint: makePaint(io) })
}
