// What `Accept` asks of /sign: ranges with their weights, and the token without anything around it.

import t from 'tap'
import { decodeJwt } from 'jose'
import { readAccept } from '../../src/http/accept.ts'
import { deploy } from '../support/deployment.ts'
import { openListener } from '../support/listener.ts'

t.test('the highest weight decides, then the order; a weight of 0 is a no', async t => {
  const asked: Record<string, string | undefined> = {
    '': undefined,
    '*/*': undefined,
    'text/html': undefined,
    'application/jwt': 'application/jwt',
    'Application/JWT ; q=0.1': 'application/jwt',
    'application/jose, application/json': 'application/jose',
    'application/json, application/jose': undefined,
    'application/json;q=0.8, application/jwt;q=0.9': 'application/jwt',
    'application/jose+json;charset=utf-8': 'application/jose+json',
    'application/jwt;q=0': undefined,
    'application/jwt;q=0.0, application/jose;q=0.5': 'application/jose',
    'application/jwt;q=high': undefined
  }
  for (const [accept, type] of Object.entries(asked)) t.equal(readAccept(accept)?.type, type, accept)
  t.equal(readAccept(), undefined)
})

t.test('Accept: application/jwt gives the token and nothing else', async t => {
  const deployment = await deploy(t)
  const { fetch, origin } = await openListener(t, deployment)
  const post = async (accept: string) => await fetch(`${origin}/sign`, {
    method: 'POST', headers: { authorization: `Bearer ${deployment.apiKey}`, 'content-type': 'application/json', accept }, body: '{"claims":{"sub":"me"}}'
  })
  const answer = await post('application/jwt')
  t.match(answer, { status: 200, headers: { 'content-type': 'application/jwt', 'cache-control': 'no-store' } })
  t.match(decodeJwt(answer.text), { sub: 'me' })
  t.match((await post('application/jwt;q=0, */*')).json(), { alg: 'ES256' }, 'control')
})
