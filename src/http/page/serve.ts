// The routes of a page and its files. Everything is loaded on the first visit: no start of the server waits for it.

import type { FastifyInstance, FastifyReply } from 'fastify'

/** What this listener's pages may load, and nothing else: no inline style or script, nothing from elsewhere. */
const POLICY = [
  "default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
  "require-trusted-types-for 'script'", "trusted-types 'none'"
].join(';')

const HEADERS = { 'content-security-policy': POLICY, 'cross-origin-resource-policy': 'same-origin', 'x-robots-tag': 'noindex' }

/** Files that a page names by their version. */
const KEPT = 'private, max-age=31536000, immutable'

/** Adds `/` and the files of the page. @param render the document as it is now */
export function servePage (listener: FastifyInstance, render: () => Promise<string>): void {
  const send = (reply: FastifyReply, type: string, text: string, cache: string): FastifyReply =>
    reply.headers(HEADERS).header('cache-control', cache).type(type).send(text)
  listener.get('/', async (_request, reply) => send(reply, 'text/html; charset=utf-8', await render(), 'no-store'))
  for (const path of ['/page.css', '/page.js', '/page.svg']) {
    listener.get(path, async (_request, reply) => {
      const { type, text } = (await import('./layout.ts')).ASSETS.get(path)!
      return send(reply, type, text, KEPT)
    })
  }
}
