// The certificate of the public listener: files, or an authority that issues it.

import t from 'tap'
import { readConfig } from '../../src/config/parse.ts'
import { readYaml } from '../../src/config/yaml.ts'

const FILE = '/etc/jwksd/jwksd.yaml'
const ACME = 'directory: https://ca.example.org:9000/acme/dir, storage: acme, termsOfServiceAgreed: true'
const read = (tls: string, url = 'https://jwks.hospital.org', env: Record<string, string> = {}) =>
  readConfig(readYaml(FILE, `url: ${url}\nlisten: 0.0.0.0:8443\nkeys: ./keys\ntls: ${tls}\n`), env, 0)

t.test('acme: one file for each authority and host, in the storage', async t => {
  const { config, faults } = read(`{ acme: { ${ACME}, email: ops@hospital.org, http01: "0.0.0.0:80", ca: ca.pem } }`)
  t.strictSame(faults, [])
  const place = '/etc/jwksd/acme/ca.example.org-9000-acme-dir'
  t.strictSame(config!.tls, { cert: `${place}/jwks.hospital.org.pem`, key: `${place}/jwks.hospital.org.pem` })
  t.match(config!.acme, {
    directory: new URL('https://ca.example.org:9000/acme/dir'),
    host: 'jwks.hospital.org',
    email: 'ops@hospital.org',
    http01: { host: '0.0.0.0', port: 80 },
    ca: '/etc/jwksd/ca.pem',
    certificate: config!.tls.cert,
    account: `${place}/account.pem`,
    attempts: `${place}/jwks.hospital.org.failed.json`
  })
  t.match(read(`{ acme: { ${ACME} } }`).config!.acme, { http01: undefined, email: undefined, ca: undefined })
})

t.test('faults', async t => {
  const at = (field: string) => `${FILE}:4 ${field}`
  t.match(read('{ cert: a.pem }').faults, [{ where: at('tls.key'), problem: 'is missing', hint: /private key.*acme/ }])
  t.match(read('{ crt: a.pem, key: b.pem }').faults, [{ where: at('tls.crt'), hint: /did you mean "?cert/ }])
  t.match(read('files').faults, [{ where: at('tls'), problem: /object is needed/ }])
  t.match(read(`{ cert: a.pem, acme: { ${ACME} } }`).faults, [{ where: at('tls.cert'), problem: 'has no effect beside acme' }])
  t.match(read(`{ acme: { ${ACME} } }`, undefined, { JWKSD_TLS_KEY: '/k.pem' }).faults, [{ where: 'JWKSD_TLS_KEY', problem: 'has no effect beside acme' }])
  t.match(read(`{ acme: { ${ACME.replace('true', 'false')} } }`).faults, [{ where: at('tls.acme.termsOfServiceAgreed'), problem: /is false/, hint: /terms/ }])
  t.match(read('{ acme: { directory: "http://ca.example.org", storage: acme } }').faults, [
    { where: at('tls.acme.directory'), problem: /only https/ }, { where: at('tls.acme.termsOfServiceAgreed'), problem: 'is missing' }
  ])
  t.match(read(`{ acme: { ${ACME} } }`, 'https://localhost').faults, [{ where: at('tls.acme'), problem: /cannot get a certificate for localhost/ }])
  t.match(read(`{ acme: { ${ACME} } }`, 'https://192.0.2.1').faults, [{ problem: /has an IP address/ }])
  t.match(read(`{ acme: { ${ACME}, email: nobody } }`).faults, [{ where: at('tls.acme.email'), hint: /ops@example.com/ }])
})
