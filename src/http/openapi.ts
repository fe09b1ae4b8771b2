// The internal listener described for integration developers: OpenAPI 3.1 at /openapi.json and a page to try it at /docs.

import type { FastifyInstance } from 'fastify'
import { serveDocs } from './docs.ts'
import { signBody } from './sign.ts'

const problem = (description: string): object => ({
  description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
})

const facts = {
  kid: { type: 'string' },
  alg: { type: 'string' },
  jti: { type: 'string', description: 'unique to this token; absent where it has none, as iat and exp' },
  iat: { type: 'integer', description: 'NumericDate, seconds' },
  exp: { type: 'integer', description: 'NumericDate, seconds' }
}

const signed = (member: string, schema: object): object =>
  ({ type: 'object', required: [member, 'kid', 'alg'], properties: { [member]: schema, ...facts } })

const schemas = {
  SignRequest: signBody,
  SignedToken: signed('token', { type: 'string', description: 'the signed token, compact serialization, or detached: without its payload (RFC 7515)' }),
  SignedJws: signed('jws', { type: 'object', description: 'where the preset asks for a JSON serialization: flattened or general' })
}
const schemaRef = (name: keyof typeof schemas): object => ({ $ref: `#/components/schemas/${name}` })

const text = (type: string, description: string): object => ({ description, content: { [type]: { schema: { type: 'string' } } } })
const health = { description: 'it does', content: { 'application/json': { schema: { type: 'object', properties: { status: { type: 'string' } } } } } }

/** Routes for those whom `sign.metrics` names. */
const OBSERVED = {
  401: problem('`sign.metrics` names clients, and the request has no valid credentials'),
  403: problem('the client is none of those that `sign.metrics` names')
}

/** How the token is used: without this, readers put `scope` into the assertion. */
const TOKEN_REQUEST = `The token of a profile such as \`smart-backend-services\` is a client assertion. It goes to the vendor's token endpoint in a
token request; \`scope\` is a parameter of that request and no claim:

    curl -d grant_type=client_credentials -d scope=system/Patient.read \\
      -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \\
      -d client_assertion=TOKEN https://oauth.example.com/oauth2/token`

/** The document, OpenAPI 3.1.0. */
export const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'jwksd: internal listener',
    version: '1',
    description: 'Send claims, get a signed token. The policy chooses key, algorithm, header and lifetime.'
  },
  paths: {
    '/sign': {
      post: {
        summary: 'Sign claims under a profile',
        description: TOKEN_REQUEST,
        security: [{ bearer: [] }, { certificate: [] }],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: schemaRef('SignRequest'), example: { claims: { sub: 'me' }, ttl: 240 } } }
        },
        responses: {
          200: {
            description: 'the token',
            content: {
              'application/json': { schema: { oneOf: [schemaRef('SignedToken'), schemaRef('SignedJws')] } },
              'application/jose': { schema: { type: 'string', description: 'only the token' } },
              'application/jwt': { schema: { type: 'string', description: 'only the token' } },
              'application/jose+json': { schema: { type: 'object', description: 'only the JWS JSON' } }
            }
          },
          400: problem('malformed: `field` says where'),
          401: problem('no valid API key, token or client certificate'),
          403: problem('the policy does not allow it: `rule` says which'),
          406: problem('the profile signs in another form than the one accepted'),
          405: problem('the URL has no such method: Allow names those that it has'),
          413: problem('the body is too large'),
          415: problem('the body is not application/json in UTF-8, or is compressed'),
          422: problem('the vendor would reject the token: `rule` and `source` say why'),
          429: problem('too many requests: try again after Retry-After'),
          503: problem('busy, the audit log cannot be written, or the clock has stepped: try again after Retry-After; without that header no key signs')
        }
      }
    },
    '/': {
      get: {
        summary: 'The page for operators: what is wrong or comes next, the lives of the keys, who has fetched them',
        responses: { 200: text('text/html', 'HTML that works without JavaScript'), ...OBSERVED }
      }
    },
    '/metrics': { get: { summary: 'Figures for Prometheus', responses: { 200: text('text/plain', 'Prometheus text format'), ...OBSERVED } } },
    '/livez': { get: { summary: 'The process answers', responses: { 200: health } } },
    '/readyz': { get: { summary: 'The server takes requests', responses: { 200: health, 503: { ...health, description: 'it drains, or nothing can be signed: the audit log cannot be written, or the clock has stepped' } } } }
  },
  components: {
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'an API key made with `jwksd client key`, or a JWT of a configured issuer' },
      certificate: { type: 'mutualTLS', description: 'where this listener asks for a client certificate' }
    },
    schemas: {
      ...schemas,
      Problem: {
        type: 'object',
        description: 'RFC 9457',
        required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
        properties: {
          type: { type: 'string' },
          title: { type: 'string' },
          status: { type: 'integer' },
          detail: { type: 'string' },
          instance: { type: 'string', description: 'id of the request, as in the log' },
          code: { type: 'string', description: 'stable: ERR_…' },
          field: { type: 'string' },
          rule: { type: 'string' },
          source: { type: 'string' },
          sent: { type: 'string', description: 'what was sent, shortened and without secrets' },
          hint: { type: 'string' }
        }
      }
    }
  }
}

/** Adds the document and its page to a listener. */
export function serveOpenapi (listener: FastifyInstance): void {
  serveDocs(listener, openapi)
  listener.get('/openapi.json', async () => openapi)
}
