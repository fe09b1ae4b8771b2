// The text of a new configuration: jwksd.example.yaml is written by it, and what the vendor still has to give is marked.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { draftProfile, draftSet } from '../../src/config/draft-profile.ts'
import { exampleText } from '../../src/config/example-config.ts'
import { readConfig } from '../../src/config/parse.ts'
import { scalar } from '../../src/config/config-text.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { presets } from '../../src/presets/index.ts'
import { inRepository } from '../support/program.ts'

t.test('jwksd.example.yaml is current', async t => {
  t.equal(readFileSync(inRepository('jwksd.example.yaml'), 'utf8'), exampleText, 'npm run example writes it again')
})

t.test('values keep their meaning as YAML on one line', async t => {
  for (const value of ['a', '2027-12-31', '0000', 'true', 'null', '', 'a: b', '# a', 'a #b', '- a', '"', '\'', 'é', 'x'.repeat(200), 'a\nb', 'https://a/b?c=d&e', '*a', '&a', '!a', '@a', '{a}', '[a]', '~']) {
    t.notMatch(scalar(value), '\n')
    t.strictSame(parse(`a: ${scalar(value)} # b`), { a: value }, JSON.stringify(value))
  }
})

const read = (text: string) => readConfig(readYaml('jwksd.yaml', text), {}, 1_795_380_000)

t.test('values that the vendor gives are warned of by their place', async t => {
  const { warnings, placeholders } = read('profiles:\n  p:\n    preset: jwt\n    claims: { iss: not-assigned-yet, sub: me, a: [00000000-0000-0000-0000-000000000000] }\n')
  t.strictSame(warnings, ['jwksd.yaml:4 profiles.p.claims.iss: is "not-assigned-yet": the vendor gives the value; jwksd onboard says what to ask',
    'jwksd.yaml:4 profiles.p.claims.a.0: is "00000000-0000-0000-0000-000000000000": the vendor gives the value; jwksd onboard says what to ask'])
  t.strictSame(placeholders, [])
})

t.test('a draft: alg only where the key could sign in several ways, and a retire that covers the longest token', async t => {
  const draft = (name: string, alg: 'RS256' | 'RS384' | 'ES256') => draftProfile(presets.get(name)!, { set: 's', alg, issuer: 'https://a.org/s', given: { iss: 'me' } })
  t.match(draft('epic', 'RS384'), { alg: 'RS384', claims: { iss: { value: 'me', open: false }, sub: { value: 'me', note: 'as iss' }, aud: { open: true } } })
  t.strictSame(Object.keys(draft('eclinicalworks', 'RS384')), ['preset', 'set', 'params', 'claims'])
  t.match(draft('smart-health-cards', 'ES256').claims, { iss: { value: 'me' } })
  t.match(draftSet(presets.get('smart-health-cards')!, 'ES256'), { alg: 'ES256', kid: 'thumbprint', retire: '3651d' })
  t.match(draftSet(presets.get('jwt')!, 'RS256'), { alg: 'RS256', retire: '1d' })
})
