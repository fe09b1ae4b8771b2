// What `Accept` asks of /sign: ranges with their weights, and the token without anything around it.

import t from 'tap'
import { decodeJwt } from 'jose'
import { readAccept } from '../../src/http/accept.ts'
import { deploy } from '../support/deployment.ts'
import { openListener } from '../support/listener.ts'

t.test('the highest weight decides, then the order; a weight of 0 is a no', async t => {
  const whole = ['application/json']
  const asked: Record<string, readonly string[]> = {
    '': whole,
    '*/*': whole,
    'text/html': whole,
    'application/jwt': ['application/jwt'],
    'Application/JWT ; q=0.1': ['application/jwt'],
    'application/jose, application/json': ['application/jose', 'application/json'],
    'application/json, application/jose': ['application/json', 'application/jose'],
    'application/json;q=0.8, application/jwt;q=0.9': ['application/jwt', 'application/json'],
    'application/jose+json;charset=utf-8': ['application/jose+json'],
    'application/jwt;q=0': whole,
    'application/jwt;q=0.0, application/jose;q=0.5': ['application/jose'],
    'application/jwt;q=high': whole
  }
  for (const [accept, types] of Object.entries(asked)) t.strictSame(readAccept(accept).map(({ type }) => type), types, accept)
  t.strictSame(readAccept().map(({ member }) => member), ['whole'])
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
