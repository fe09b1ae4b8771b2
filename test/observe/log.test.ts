// The log: an allow-list, and under it a net for what looks like a secret. Canaries must not come through.

import { Writable } from 'node:stream'
import t from 'tap'
import { makeApiKey } from '../../src/core/clients/api-key.ts'
import { withoutSecrets } from '../../src/core/secrets.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { findPrivate } from '../support/deep-scan.ts'
import { privatePem } from '../support/keys.ts'

const apiKey = makeApiKey().token
const jwt = 'eyJhbGciOiJSUzM4NCJ9.eyJpc3MiOiJDQU5BUlkifQ.c2lnbmF0dXJl'
const pem = privatePem('P-256')
const canaries = [apiKey, jwt, pem.split('\n')[1]!, 'c2lnbmF0dXJl', 'hunter2-canary']

function listen (level = 'trace', tty = false) {
  const lines: string[] = []
  const destination = new Writable({ write: (chunk: Buffer, _encoding, done) => { lines.push(chunk.toString()); done() } })
  const log = makeLogger(level, { tty, destination })
  return { log, lines, text: () => lines.join('') }
}

t.test('secrets are cut out of texts', async t => {
  for (const secret of [apiKey, jwt, pem, pem.slice(0, 90)]) {
    const cut = withoutSecrets(`before ${secret} after`)
    t.ok(cut.startsWith('before [secret]'), cut)
    t.notOk(canaries.some(canary => cut.includes(canary)))
  }
  t.equal(withoutSecrets('keys/a.pem: RSA key has 1024 bits'), 'keys/a.pem: RSA key has 1024 bits', 'negative control')
})

t.test('errors are logged without secrets, requests and replies never', async t => {
  const { log, lines, text } = listen()
  const error = Object.assign(new Error(`cannot sign ${jwt} for ${apiKey}`, { cause: new Error(apiKey) }), { secret: 'hunter2-canary', key: pem })
  log.error({ err: error }, 'failed')
  log.info({ req: { headers: { authorization: `Bearer ${apiKey}` } }, res: { body: jwt } }, 'seen')
  t.match(lines.map(line => JSON.parse(line)), [
    { level: 'error', msg: 'failed', err: { type: 'Error', message: 'cannot sign [secret] for [secret]', stack: /\[secret\]/ } },
    { level: 'info', msg: 'seen' }
  ])
  t.strictSame(Object.keys(JSON.parse(lines[1]!)).sort(), ['level', 'msg', 'time'])
  t.strictSame(Object.keys(JSON.parse(lines[0]!).err).sort(), ['message', 'stack', 'type'])
  t.strictSame(canaries.filter(canary => text().includes(canary)), [])
  t.strictSame(findPrivate(text()), [])
})

t.test('negative control: a canary that is logged by name would be seen here', async t => {
  const { log, text } = listen()
  log.info({ file: 'hunter2-canary' }, 'x')
  t.ok(text().includes('hunter2-canary'))
})

t.test('level and form: JSON for machines, lines for a person', async t => {
  const quiet = listen('warn')
  quiet.log.info('left out')
  quiet.log.warn('written')
  t.equal(quiet.lines.length, 1)
  t.match(JSON.parse(quiet.lines[0]!), { level: 'warn', time: /^\d{4}-\d\d-\d\dT.*Z$/, msg: 'written' })
  const person = listen('info', true)
  person.log.info('listening')
  await new Promise(resolve => { setImmediate(resolve) })
  t.match(person.text(), /INFO.*listening/)
})
