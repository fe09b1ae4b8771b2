// Methods that a URL does not have: 405 with those that it has (RFC 9110 section 15.5.6), and 404 only where nothing is.

import type { FastifyInstance } from 'fastify'

/** Collects the routes of a listener. @returns the methods that the routes of a path have, in alphabetical order */
export function collectMethods (listener: FastifyInstance): (path: string) => string[] {
  const routes: Array<{ pattern: RegExp, methods: readonly string[] }> = []
  listener.addHook('onRoute', ({ url, method }) => {
    const pattern = url.split('/').map(part => part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : part.replaceAll('.', '\\.')).join('/')
    routes.push({ pattern: new RegExp(`^${pattern}$`), methods: [method].flat() })
  })
  return path => [...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))].sort()
}
