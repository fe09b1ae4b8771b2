// A server that rotates by itself, in real time: the next key is published, then signs, then the old one is destroyed.

import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'

t.test('a server with rotation.every: the next key is published, then signs, then the old one is destroyed', { timeout: 120_000 }, async t => {
  const deployment = await deploy(t, {
    config: {
      reload: { interval: '1s', skew: '1s' },
      sets: { default: { maxAge: '1s', lead: '3s', retire: '4s', rotation: { every: '60s' } } },
      profiles: { plain: { preset: 'jwt', ttl: { default: '2s', max: '2s' } } }
    }
  })
  const { origin, log } = await startProgram(t, [], { cwd: deployment.directory })
  const fetch = makeFetch(deployment.ca)
  const signer = async (): Promise<string> => (await postSign(fetch, origin, deployment.apiKey, {})).json().kid
  const first = await signer()
  while (await signer() === first) await sleep(200)
  const published = (await fetch(`${origin}/.well-known/jwks.json`)).json().keys as object[]
  t.equal(published.length, 2, 'the old key is still published')
  while ((await readdir(deployment.keys)).includes('default.pem')) await sleep(200)
  const steps = (): object[] => log().filter(({ msg }) => msg === 'rotated')
  while (steps().length < 2) await sleep(200)
  t.match(steps(), [{ set: 'default', step: 'generate' }, { set: 'default', step: 'destroy', kid: first }])
})
