// The floor of a signing service: node:https with nothing but JSON in, one signature on the thread pool, JSON out. No
// authentication, policy, audit or check of what comes in.
// node bare-https.js <directory of quickstart's certificate> <alg> <key file>; prints its origin.

import { createPrivateKey, randomUUID, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

const [, , tls = '', alg = '', file = ''] = process.argv
const key = { key: createPrivateKey(readFileSync(file)), dsaEncoding: 'ieee-p1363' as const }
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const server = createServer({ cert: readFileSync(`${tls}/cert.pem`), key: readFileSync(`${tls}/key.pem`) }, (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
    const { claims } = JSON.parse(Buffer.concat(chunks).toString()) as { claims: object }
    const iat = Math.floor(Date.now() / 1000)
    const input = `${encode({ alg, typ: 'JWT' })}.${encode({ ...claims, iat, exp: iat + 300, jti: randomUUID() })}`
    sign(`sha${alg.slice(2)}`, Buffer.from(input), key, (error, signature) => {
      if (error) throw error
      const body = JSON.stringify({ token: `${input}.${signature.toString('base64url')}` })
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
    })
  })
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`https://localhost:${(server.address() as AddressInfo).port}\n`)
})
