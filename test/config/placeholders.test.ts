// Placeholders: none of the shipped example or of the documents is taken for a value, and real values pass.

import { readFile } from 'node:fs/promises'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { readConfig } from '../../src/config/parse.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { written } from '../../src/presets/index.ts'
import { inRepository } from '../support/program.ts'

const read = (text: string) => readConfig(readYaml('jwksd.yaml', text), {}, 1_795_380_000)
const example = await readFile(inRepository('jwksd.example.yaml'), 'utf8')
/** The line of a text in the example. */
const lineOf = (text: string): number => example.slice(0, example.indexOf(text)).split('\n').length

t.test('the shipped example with only url and listen changed is refused, each placeholder by name', async t => {
  const { config, faults } = read(example.replace('https://jwks.example.com', 'https://keys.hospital.org').replace('0.0.0.0:8443', '0.0.0.0:443'))
  t.equal(config, undefined)
  t.strictSame(faults, [
    { where: `jwksd.yaml:${lineOf('iss:')} profiles.ecw-prod.claims.iss`, problem: 'is still the placeholder "your-client-id"', hint: 'write the value that the vendor gave you' },
    { where: `jwksd.yaml:${lineOf('sub:')} profiles.ecw-prod.claims.sub`, problem: 'is still the placeholder "your-client-id"', hint: 'write the value that the vendor gave you' },
    { where: `jwksd.yaml:${lineOf('aud:')} profiles.ecw-prod.claims.aud`, problem: 'is still the placeholder "https://oauth.example.com/oauth2/token"', hint: 'write the value that the vendor gave you' },
    { where: `jwksd.yaml:${lineOf('- apiKey')} clients.billing.auth.0.apiKey.id`, problem: 'is still the placeholder "ReplaceM"', hint: 'make an API key with: jwksd client key billing --write' }
  ])
})

t.test('url: hosts for examples are warned of', async t => {
  t.match(read(example).warnings, [/^url names jwks\.example\.com, a name for examples/])
  t.strictSame(read(example.replace('https://jwks.example.com', 'https://jwks.myexample.com')).warnings.filter(text => text.startsWith('url')), [])
})

const CONFIG = parse(example) as { profiles: Record<string, { claims: object }> }
const faultsWith = (claims: object): string[] => read(stringify({ ...CONFIG, clients: {}, profiles: { p: { preset: 'jwt', claims } } })).faults
  .map(({ where, problem }) => `${where.split(' ')[1]}: ${problem}`)

t.test('what documents write in place of a value', async t => {
  for (const value of ['CLIENT_ID', 'YOUR_CLIENT_ID', 'YOUR_ORGANIZATION_ID', 'A_USER_ID', 'your client id', 'https://your-domain.com/a', '<client id>', '…',
    'https://…/oauth2/token', 'https://.../token', 'REPLACE_ME', 'replace with yours', 'changeme', 'your-vendor',
    'change-me', 'https://changeme.org/token', 'ReplaceThis', 'replace-with-client-id',
    'REPLACE THIS WITH THE ORGANIZATION ID', 'x_REPLACE_ME_1']) {
    t.strictSame(faultsWith({ iss: value }), [`profiles.p.claims.iss: is still the placeholder "${value}"`], value)
    t.strictSame(faultsWith({ groups: [{ a: value }] }), [`profiles.p.claims.groups.0.a: is still the placeholder "${value}"`], 'at any depth')
  }
})

t.test('the hint is for the place', async t => {
  const { faults } = read(stringify({ ...CONFIG, url: 'https://jwks.your-domain.com', clients: { app: { auth: [], profiles: ['PROFILE', 'CLIENT_NAME'] } } }))
  t.match(faults.filter(({ problem }) => problem.includes('placeholder')).map(({ hint }) => hint).filter(hint => !hint.includes('vendor gave')),
    ['write the URL that vendors fetch your keys from', 'write your own value in its place'])
})

t.test('negative control: real values pass', async t => {
  for (const value of ['0oa1b2c3d4', 'client-id-42', 'yourself', 'know-your-customer', 'YOURS', 'ACME_ID', 'https://oauthserver.eclinicalworks.com/oauth/oauth2/token',
    'https://tenant.auth0.com/', 'a < b > c', 'system/*.read', '...', 'https://jwks.exchangemedical.org',
    'https://fhir.exchange-medicine.org/token', 'https://interchange-medical.org', 'replacement',
    'https://replacemedical.org', 'changemed']) {
    const expected = value === '...' ? 1 : 0
    t.equal(faultsWith({ iss: value }).length, expected, value)
  }
})

t.test('examples of presets of the user\'s own may hold them', async t => {
  t.strictSame(read(stringify({ ...CONFIG, clients: {}, profiles: {}, presets: { mine: written['smart-backend-services'] } })).faults, [])
})

t.test('the JSON Schema of what requests may set names claims, no values', async t => {
  const allow = { required: ['USER_ID'], properties: { USER_ID: { type: 'string', enum: ['CLIENT_ID'] } } }
  const faultsOf = (profile: object) => read(stringify({ ...CONFIG, clients: {}, profiles: { p: { preset: 'jwt', ...profile } } })).faults
    .map(({ where, problem }) => `${where.split(' ')[1]}: ${problem}`)
  t.strictSame(faultsOf({ claims: { iss: 'me' }, allow }), [])
  t.strictSame(faultsOf({ claims: { iss: 'me', allow: ['USER_ID'] }, allow }),
    ['profiles.p.claims.allow.0: is still the placeholder "USER_ID"'],
    'a claim of the name allow is a value')
})
