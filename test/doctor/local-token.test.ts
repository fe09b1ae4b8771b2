// A token against an installation: the profile that it was signed with is found, and so is the set where there is none.

import t from 'tap'
import { checkConfiguration } from '../../src/doctor/configuration.ts'
import { checkLocalToken } from '../../src/doctor/local-token.ts'
import { presets } from '../../src/presets/index.ts'
import { deploy } from '../support/deployment.ts'
import { makePrivateKey, privatePem } from '../support/keys.ts'
import { makeToken } from '../support/token-mutations.ts'

const now = Math.floor(Date.now() / 1000)
const key = makePrivateKey('P-384')
const claims = (name: string) => ({ iss: name, sub: name, aud: `https://${name}.example.com/token` })

t.test('as the profile with the fewest faults', async t => {
  const { file } = await deploy(t, {
    keys: { 'default.pem': privatePem('P-256'), 'smart/a.pem': `# kid: a\n${privatePem(key)}` },
    config: {
      profiles: {
        one: { preset: 'smart-backend-services', set: 'smart', claims: claims('one') },
        two: { preset: 'smart-backend-services', set: 'smart', claims: claims('two') },
        plain: { preset: 'jwt' }
      }
    }
  })
  const { loaded } = await checkConfiguration({ file, env: {}, now, listeners: 'both' })
  const token = makeToken({ header: { alg: 'ES384', kid: 'a', typ: 'JWT' }, claims: { ...claims('two'), iat: now, exp: now + 240, jti: 'j' }, key })
  const look = (name?: string) => {
    const preset = name === undefined ? undefined : presets.get(name)!
    return checkLocalToken(token, { loaded: loaded!, now, ...preset && { preset } })
  }
  const wrong = (preset?: string) => look(preset).filter(({ level }) => level === 'fault').map(({ check }) => check)
  t.strictSame(look()[0], { check: 'profile', level: 'ok', seen: 'looked at as a token of the profile two, with the set smart' })
  t.strictSame(wrong(), [])
  t.strictSame(wrong('jwt'), ['kid-not-found', 'signature'], 'the profile of that preset has another set')
  t.strictSame(look('epic')[0], { check: 'profile', level: 'ok', seen: 'looked at with the set smart' }, 'no profile has that preset')
  t.strictSame(wrong('epic'), [])
  const bare = { ...loaded!, snapshot: { ...loaded!.snapshot, policy: { profiles: new Map(), clients: new Map() } } }
  t.match(checkLocalToken(token, { loaded: bare, now })[0], { seen: 'looked at with the set smart' })
})
