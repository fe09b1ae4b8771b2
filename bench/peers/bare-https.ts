// The floor of a server in Node: node:https with nothing but bytes out, or JSON in, one signature on the thread pool,
// JSON out. No headers of its own, authentication, policy or check of what comes in. /sign/none leaves out the signature.

import { randomUUID, sign } from 'node:crypto'
import { createServer } from 'node:https'
import { type Alg, readSite } from './site.ts'

const { port, cert, key, jwks, keys } = readSite()
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

createServer({ cert, key }, (request, response) => {
  const reply = (body: string | Buffer): void => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  }
  if (request.method === 'GET') return reply(jwks)
  const alg = request.url!.slice('/sign/'.length)
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
    const { claims } = JSON.parse(Buffer.concat(chunks).toString()) as { claims: object }
    const iat = Math.floor(Date.now() / 1000)
    const input = `${encode({ alg, typ: 'JWT' })}.${encode({ ...claims, iat, exp: iat + 300, jti: randomUUID() })}`
    if (alg === 'none') return reply(JSON.stringify({ token: `${input}.` }))
    sign(`sha${alg.slice(2)}`, Buffer.from(input), { key: keys[alg as Alg], dsaEncoding: 'ieee-p1363' }, (error, signature) => {
      if (error) throw error
      reply(JSON.stringify({ token: `${input}.${signature.toString('base64url')}` }))
    })
  })
}).listen(port, '127.0.0.1')
