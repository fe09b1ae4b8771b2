// The page at /docs to read and try the internal listener. It is built on the first visit, by a separate Fastify instance
// that never listens: loading and hashing its assets would make every start of the server slower.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ICON } from './page/icon.ts'
import { sendNotFound } from './problem.ts'
import { HELMET } from './security-headers.ts'

/** Adds the page of an OpenAPI document to a listener. */
export function serveDocs (listener: FastifyInstance, document: object): void {
  let page: Promise<FastifyInstance> | undefined
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { method, url, headers } = request
    page ??= buildPage(document)
    const { statusCode, headers: answered, rawPayload } = await (await page).inject({ method: method as 'GET', url, headers })
    if (statusCode === 404) return sendNotFound(request, reply)
    // HSTS depends on the host, which the page does not know.
    const { connection: _, 'keep-alive': __, 'strict-transport-security': ___, ...kept } = answered
    return reply.code(statusCode).headers(kept).send(rawPayload)
  }
  listener.get('/docs', answer)
  listener.get('/docs/*', answer)
}

async function buildPage (document: object): Promise<FastifyInstance> {
  const [{ default: Fastify }, { default: helmet }, { default: swagger }, { default: swaggerUi }] = await Promise.all([
    import('fastify'), import('@fastify/helmet'), import('@fastify/swagger'), import('@fastify/swagger-ui')
  ])
  const page = Fastify()
  await page.register(helmet, HELMET)
  await page.register(swagger, { mode: 'static', specification: { document: document as never } })
  await page.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    logo: null as never, // absent, it would be the framework's
    theme: { title: 'jwksd', favicon: [{ filename: 'icon.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: ICON }] },
    uiConfig: { layout: 'BaseLayout', tryItOutEnabled: true, validatorUrl: null } // the other layout has inline styles, which the policy blocks
  })
  return page
}
