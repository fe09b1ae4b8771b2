// The fields of the configuration that rotation goes by: defaults, values, and what is unsafe.

import t from 'tap'
import { readConfig } from '../../src/config/parse.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { formatDuration } from '../../src/core/time.ts'

const read = (text: string) => readConfig(readYaml('jwksd.yaml', `url: https://jwks.example.com\n${text}`), {}, 0)
const problems = (text: string): string[] => read(text).faults.map(({ where, problem }) => `${where}: ${problem}`)

t.test('margins and schedule', async t => {
  t.strictSame(read('').sound.reload, { interval: 10, skew: 60 })
  const { sound: config } = read('reload: { interval: 1s, skew: 5s }\nsets: { ecw: { rotation: { every: 90d } } }')
  t.strictSame(config.reload, { interval: 1, skew: 5 })
  t.strictSame(config.sets.get('ecw')!.rotation, { every: 90 * 86400 })
  t.equal(formatDuration(0), '0s')
})

t.test('refused: no pause between reads, a schedule that is faster than the lead, a lead without the margins', async t => {
  t.match(problems('reload: { interval: 0s }'), { length: Number })
  t.ok(problems('reload: { interval: 0s }').some(text => text.includes('reload.interval: is 0')))
  t.ok(problems('sets: { ecw: { rotation: { every: 1d } } }').some(text => text.includes('sets.ecw.rotation.every: 1d is too short')))
  const short = 'sets: { ecw: { maxAge: 2s, lead: 6s } }'
  t.ok(problems(short).some(text => text.includes('sets.ecw.lead: 6s is too short')))
  t.ok(problems('sets: { ecw: { staleIfError: 30h } }').some(text => text.includes('sets.ecw.staleIfError: 30h is too long')))
  t.notOk(problems('sets: { ecw: { staleIfError: 24h } }').some(text => text.includes('staleIfError')), 'control')
  t.notOk(problems(`${short}\nreload: { interval: 1s, skew: 1s }`).some(text => text.includes('lead')), 'control')
})
