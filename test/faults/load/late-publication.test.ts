// Static hosting that is late: nginx serves a copy of the published directory, which is made only once an hour. Six relying
// parties verify all the time with what nginx gives them. With publish.verify the new key waits until it is at the public URL
// and no verification fails; without it, at the same time on the same servers, some do. Time is scaled: ten seconds stand for the hour.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { deploy } from '../../support/deployment.ts'
import { freePort } from '../../support/free-port.ts'
import type { Counts } from '../../support/gate-load.ts'
import { privatePem } from '../../support/keys.ts'
import { inRepository, runProgram, spawnNode, startProgram } from '../../support/program.ts'
import { until } from '../../support/until.ts'

const PER_SECOND = process.env.JWKSD_LONG ? '10' : '3'
/** From one copy to the next (milliseconds). */
const COPY = process.env.JWKSD_LONG ? 60_000 : 10_000
const RULES = { maxAge: '2s', lead: '5s', retire: '60s' }

interface Held { lacks: Array<{ consumer: string }> }
interface Rotated { done: Array<{ do: string, activates: string }>, held: Held[], plan: Array<{ event: string, at: string }> }

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((total, count) => total + count, 0)

t.test('nginx with an hour-old copy: with publish.verify no verification fails, without it some do', { timeout: 300_000 }, async t => {
  const front = await freePort()
  const profile = { preset: 'jwt', ttl: { default: '20s', max: '20s' } }
  const { directory: cwd, file, apiKey } = await deploy(t, {
    keys: { 'seen/a.pem': privatePem('P-256'), 'plain/a.pem': privatePem('P-256') },
    client: { profiles: ['seen', 'plain'] },
    config: {
      url: `https://localhost:${front}`,
      reload: { interval: '1s', skew: '1s' },
      audit: { file: '-' },
      publish: { directory: 'public', verify: true },
      sets: { seen: RULES, plain: RULES },
      profiles: { seen: { ...profile, set: 'seen' }, plain: { ...profile, set: 'plain' } }
    }
  })
  const at = (name: string): string => path.join(cwd, name)
  const { publish: _, ...unverified } = parse(await readFile(file, 'utf8')) as Record<string, unknown>
  await writeFile(at('unverified.yaml'), stringify(unverified))
  const env = { NODE_EXTRA_CA_CERTS: at('tls/ca.pem') }
  const server = await startProgram(t, ['--config', file], { cwd, env })
  const copy = async (): Promise<void> => { await cp(at('public'), at('hosted'), { recursive: true }) }
  const hasCopied = async (): Promise<boolean> => {
    await copy()
    return (await readFile(at('hosted/_nginx.conf'), 'utf8')).includes('/seen/')
  }
  await until(async () => await hasCopied().catch(() => false))
  await writeFile(at('nginx.conf'), `daemon off; pid ${at('nginx.pid')}; error_log stderr; user root;
events {}
http {
  access_log off; client_body_temp_path ${at('b')}; proxy_temp_path ${at('p')}; fastcgi_temp_path ${at('f')}; uwsgi_temp_path ${at('u')}; scgi_temp_path ${at('s')};
  server {
    listen 127.0.0.1:${front} ssl; ssl_certificate ${at('tls/cert.pem')}; ssl_certificate_key ${at('tls/key.pem')};
    root ${at('hosted')};
    include ${at('hosted/_nginx.conf')};
    location = /sign { proxy_pass https://127.0.0.1:${server.ports.public}; }
  }
}
`)
  const nginx = spawn('nginx', ['-c', at('nginx.conf')], { stdio: 'inherit', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } })
  t.teardown(async () => {
    nginx.kill()
    await once(nginx, 'exit')
  })
  await until(async () => await new Promise(resolve => {
    const socket = connect(front, '127.0.0.1', () => { resolve(socket.end()) }).on('error', () => { resolve(undefined) })
  }))

  const load = spawnNode(inRepository('test/support/gate-load.ts'), [`https://localhost:${front}`, apiKey, PER_SECOND, 'seen', 'plain'], { cwd, env })
  t.teardown(() => { load.kill('SIGKILL') })
  load.stderr!.pipe(process.stderr)
  const lines = createInterface({ input: load.stdout! })
  const said = async (): Promise<string> => (await once(lines, 'line') as [string])[0]
  const rotate = async (set: string, config: string, ...args: string[]): Promise<Rotated> => {
    const { code, stdout, stderr } = await runProgram(['rotate', set, '--json', '--config', config, ...args], { cwd, env })
    t.equal(code, 0, stderr)
    return JSON.parse(stdout) as Rotated
  }
  t.equal(await said(), 'ready')
  await sleep(3000)

  const copied = Date.now()
  const [plain, begun] = await Promise.all([rotate('plain', at('unverified.yaml'), '--begin'), rotate('seen', file, '--begin')])
  t.equal(begun.held.length, 1)
  const takesOver = Date.parse(plain.plan.find(({ event }) => event === 'activate')!.at)
  await sleep(Math.max(copied + COPY, takesOver + 3000) - Date.now())
  const url = `https://localhost:${front}/seen/.well-known/jwks.json`
  t.match(await rotate('seen', file), { done: [], held: [{ lacks: [{ consumer: url }] }] }, 'its lead is over, and it is not at the public URL')
  await copy()
  t.match(await rotate('seen', file), { done: [], held: [{ lacks: [{ consumer: url, problem: /ETag is that of other bytes/ }] }] }, 'nginx has not reloaded')
  nginx.kill('SIGHUP')
  const date = await until(async () => (await rotate('seen', file)).done.find(step => step.do === 'promote')?.activates)
  await sleep(Date.parse(date) - Date.now() + 4000)
  load.stdin!.write('end\n')
  const { seen, plain: control } = JSON.parse(await said()) as Record<'seen' | 'plain', Counts>

  t.strictSame([seen.unsigned, control.unsigned], [[], []], 'every request for a token got one')
  t.strictSame([seen.kids.length, control.kids.length], [2, 2], 'both keys of each set have signed')
  t.equal(Object.keys(seen.verified).length, 6, 'all relying parties took part')
  t.strictSame({ failed: seen.failed, reasons: seen.reasons }, { failed: {}, reasons: [] }, 'with publish.verify no verification failed')
  t.ok(sum(control.failed) > 0, 'control: without it some do')
  const n = sum(seen.verified)
  t.comment(`with publish.verify: ${seen.signed} tokens, n = ${n} verifications, 0 failures: with 95 % confidence fewer than ${(3 / n).toExponential(1)} of all fail`)
  t.comment(`without: ${sum(control.failed)} of ${sum(control.verified) + sum(control.failed)} failed: ${JSON.stringify(control.failed)}`)
})
