// Static hosting: nginx serves what a running server publishes, with the headers and the ETag of its listener.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { freePort } from '../support/free-port.ts'
import { privatePem } from '../support/keys.ts'
import { startProgram } from '../support/program.ts'
import { makeFetch } from '../support/request.ts'
import { until } from '../support/until.ts'

/** What a consumer goes by. */
const HEADERS = ['cache-control', 'content-type', 'etag', 'content-length', 'access-control-allow-origin'] as const

t.test('nginx: the same bytes, type, ETag, CORS and max-age; 304 for the ETag', async t => {
  const { directory, file, ca } = await deploy(t, {
    keys: { 'a.pem': privatePem('P-256'), 'ecw/a.pem': privatePem('RSA') },
    config: { sign: { listen: '127.0.0.1:0' }, publish: { directory: 'public' }, sets: { ecw: { maxAge: '5m', staleIfError: '1h', issuer: true } } }
  })
  const { ports } = await startProgram(t, ['--config', file], { cwd: directory })
  const port = await freePort()
  const at = (name: string): string => path.join(directory, name)
  await until(() => existsSync(at('public/_nginx.conf')))
  writeFileSync(at('nginx.conf'), `daemon off; pid ${at('nginx.pid')}; error_log stderr; user root;
events {}
http {
  access_log off; client_body_temp_path ${at('b')}; proxy_temp_path ${at('p')}; fastcgi_temp_path ${at('f')}; uwsgi_temp_path ${at('u')}; scgi_temp_path ${at('s')};
  server {
    listen 127.0.0.1:${port} ssl; ssl_certificate ${at('tls/cert.pem')}; ssl_certificate_key ${at('tls/key.pem')};
    root ${at('public')};
    include ${at('public/_nginx.conf')};
    location / { return 404; }
  }
}
`)
  const nginx = spawn('nginx', ['-c', at('nginx.conf')], { stdio: 'inherit', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } })
  t.teardown(async () => {
    nginx.kill()
    await once(nginx, 'exit')
  })
  await until(async () => await new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => { resolve(true) }).on('error', () => { resolve(false) })
    t.teardown(() => socket.destroy())
  }))
  const [live, hosted] = [`https://localhost:${ports.public}`, `https://localhost:${port}`]
  const fetch = makeFetch(ca)
  for (const name of ['/.well-known/jwks.json', '/ecw/.well-known/jwks.json', '/ecw/.well-known/openid-configuration']) {
    const [own, found] = await Promise.all([live, hosted].map(async origin => await fetch(origin + name)))
    t.equal(found!.text, own!.text, name)
    const { etag } = own!.headers
    for (const header of HEADERS) if (header !== 'etag' || etag) t.equal(found!.headers[header], own!.headers[header], `${name} ${header}`)
    if (etag === undefined) continue
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const [ours, theirs] = await Promise.all([live, hosted].map(async origin => await fetch(origin + name, { headers: { 'if-none-match': known } })))
      t.strictSame([theirs!.status, theirs!.headers.etag, theirs!.headers['cache-control']], [304, etag, ours!.headers['cache-control']], known)
    }
    t.equal((await fetch(hosted + name, { headers: { 'if-none-match': '"other"' } })).status, 200, 'negative control')
  }
  t.equal((await fetch(`${hosted}/_nginx.conf`)).status, 404)
  const curl = execFileSync('curl', ['-sS', '-I', '--cacert', at('tls/ca.pem'), `${hosted}/.well-known/jwks.json`], { encoding: 'utf8' })
  t.match(curl, /^HTTP\/1\.1 200 [^]*ETag: "[\w-]{43}"/, 'curl asks with HEAD')
})
