// jwksd check: what a vendor's machine would see of a URL, of this installation before it is deployed, and of a token. Exit
// code 1 when there is a fault; warnings leave it 0.

import { Command, InvalidArgumentError, Option } from 'commander'
import { FaultsError } from '../core/errors.ts'
import { hasFault, renderJson, renderMarkdown, renderText } from '../doctor/report.ts'
import { type CheckOptions, checkHere, checkThere, type Subject } from './check-subject.ts'
import { makePaint } from './color.ts'
import type { Io } from './io.ts'

interface Options extends CheckOptions { json?: true, markdown?: true }

/** Columns when standard output is not a terminal. */
const WIDTH = 100

export function checkCommand (io: Io): Command {
  return new Command('check')
    .argument('[url]', 'URL of a JWK Set (default: this installation, which is not changed)', parseUrl)
    .option('--vendor <preset>', 'what this vendor demands, too')
    .option('--token <file>', 'would the vendor take this token now? - is standard input')
    .option('--payload <file>', 'the payload of a detached token')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .addOption(new Option('--only <listener>', 'this installation opens only one listener').choices(['public', 'internal']))
    .option('--ca <file>', 'trust the authorities in this PEM file in place of the public ones')
    .option('--allow-private', 'connect also to private, link-local and loopback addresses')
    .option('--json', 'result as JSON')
    .option('--markdown', 'result as Markdown, for a ticket')
    .action(async (url: URL | undefined, options: Options) => { await check(io, url, options) })
}

function parseUrl (text: string): URL {
  try {
    return new URL(text)
  } catch {
    throw new InvalidArgumentError('It is not a URL.\nhint: write it with its scheme: https://jwks.example.com/.well-known/jwks.json')
  }
}

async function check (io: Io, url: URL | undefined, options: Options): Promise<void> {
  const found = url ? await checkThere(io, url, options) : await checkHere(io, options)
  io.stdout.write(render(io, found, options))
  if (hasFault(found.findings)) throw new FaultsError([]) // the report has said it all
}

function render (io: Io, { subject, findings }: Subject, { json, markdown }: Options): string {
  if (json) return renderJson(subject, findings)
  if (markdown) return renderMarkdown(subject, findings)
  return renderText(subject, findings, { width: io.stdout.columns ?? WIDTH, paint: makePaint(io) })
}
