// The table of security headers against helmet itself.

import helmet from '@fastify/helmet'
import Fastify from 'fastify'
import t from 'tap'
import { HELMET, SECURITY_HEADERS } from '../../src/http/security-headers.ts'

/** What helmet sets, without the headers of any reply. */
async function askHelmet (options: object): Promise<object> {
  const probe = Fastify()
  await probe.register(helmet, options)
  probe.get('/', async () => '')
  const { headers } = await probe.inject('/')
  const { date: _, connection: __, 'content-length': ___, 'content-type': ____, ...kept } = headers
  return kept
}

t.test('the table is what helmet answers', async t => {
  t.strictSame(await askHelmet(HELMET), { ...SECURITY_HEADERS })
  t.notSame(await askHelmet({}), SECURITY_HEADERS, 'control: other options, other headers')
  t.throws(() => { (SECURITY_HEADERS as Record<string, string>)['x-frame-options'] = '' })
})
