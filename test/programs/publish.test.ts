// Static hosting: nginx serves what jwksd publish wrote, with the headers and the ETag of the listener.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { publishCommand } from '../../src/cli/publish.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { freePort } from '../support/free-port.ts'
import { openListener } from '../support/listener.ts'
import { until } from '../support/until.ts'

t.test('nginx: the same bytes, type, ETag and max-age; 304 for the ETag', async t => {
  const deployment = await deploy(t)
  const { directory, file } = deployment
  const { origin, fetch } = await openListener(t, deployment)
  const port = await freePort()
  const at = (name: string): string => path.join(directory, name)
  t.match(await runCommand(publishCommand, ['--config', file, '--to', at('public'), '--nginx', at('locations.conf')]), { code: 0 })
  writeFileSync(at('nginx.conf'), `daemon off; pid ${at('nginx.pid')}; error_log stderr; user root;
events {}
http {
  access_log off; client_body_temp_path ${at('b')}; proxy_temp_path ${at('p')}; fastcgi_temp_path ${at('f')}; uwsgi_temp_path ${at('u')}; scgi_temp_path ${at('s')};
  server {
    listen 127.0.0.1:${port} ssl; ssl_certificate ${at('tls/cert.pem')}; ssl_certificate_key ${at('tls/key.pem')};
    root ${at('public')};
    include ${at('locations.conf')};
  }
}
`)
  const nginx = spawn('nginx', ['-c', at('nginx.conf')], { stdio: 'inherit', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } })
  t.teardown(async () => {
    nginx.kill()
    await once(nginx, 'exit')
  })
  const url = `https://localhost:${port}/.well-known/jwks.json`
  const curl = (...args: string[]): string => execFileSync('curl', ['-sS', '--cacert', at('tls/ca.pem'), ...args, url], { encoding: 'utf8' })
  await until(async () => await new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => { resolve(true) }).on('error', () => { resolve(false) })
    t.teardown(() => socket.destroy())
  }))
  const live = await fetch(`${origin}/.well-known/jwks.json`)
  const answer = curl('-i')
  t.match(answer, /^HTTP\/1\.1 200 /)
  t.equal(answer.split('\r\n\r\n')[1], live.body.toString())
  for (const line of ['Content-Type: application/json\r\n', `ETag: ${live.headers.etag}\r\n`, 'Cache-Control: public, max-age=600\r\n', 'Access-Control-Allow-Origin: *\r\n']) {
    t.ok(answer.includes(line), line)
  }
  t.match(curl('-i', '-H', `If-None-Match: ${live.headers.etag}`), /^HTTP\/1\.1 304 /)
  t.match(curl('-i', '-H', 'If-None-Match: "other"'), /^HTTP\/1\.1 200 /, 'negative control')
})
