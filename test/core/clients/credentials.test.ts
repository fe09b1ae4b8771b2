// Whose a credential is, and which names a certificate really has.

import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { indexCredentials, subjectAltNames } from '../../../src/core/clients/credentials.ts'
import type { IdentityProvider } from '../../../src/core/clients/jwt-bearer.ts'
import type { Client } from '../../../src/core/clients/policy.ts'
import { openssl } from '../../support/openssl.ts'

t.test('each credential leads to its client', t => {
  const issuer: IdentityProvider = {
    name: 'idp', issuer: 'https://id.example.com', audience: 'jwksd', algs: ['RS256'], jwksUrl: new URL('https://id.example.com/jwks'), staleIfError: 60, types: ['none'], maxLife: 86400
  }
  const key = { id: 'k7Qm2xR9', sha256: Buffer.alloc(32) }
  const clients: Client[] = [
    { name: 'keyed', apiKeys: [key], profiles: [] },
    { name: 'billing', apiKeys: [], subjects: [{ issuer, sub: 'b1' }, { issuer, sub: 'b2' }], profiles: [] },
    { name: 'ledger', apiKeys: [], subjects: [{ issuer, sub: 'l' }], sans: ['DNS:ledger.internal'], profiles: [] }
  ]
  const { apiKeys, issuers, sans } = indexCredentials({
    profiles: new Map(), clients: new Map(clients.map(client => [client.name, client]))
  })
  t.strictSame([...apiKeys], [['k7Qm2xR9', [clients[0], key]]])
  t.strictSame([...issuers.keys()], ['https://id.example.com'])
  const { clients: subjects } = issuers.get('https://id.example.com')!
  t.strictSame([...subjects].map(([sub, { name }]) => [sub, name]), [['b1', 'billing'], ['b2', 'billing'], ['l', 'ledger']])
  t.strictSame([...sans].map(([san, { name }]) => [san, name]), [['DNS:ledger.internal', 'ledger']])
  t.end()
})

t.test('no value of a certificate can pose as two names', t => {
  const config = `[req]
distinguished_name = dn
x509_extensions = ext
prompt = no
[dn]
CN = x
[ext]
subjectAltName = @names
[names]
URI.1 = http://a, URI:spiffe://example.com/victim, b
URI.2 = http://a", URI:spiffe://example.com/victim
DNS.1 = Own.Example.COM
otherName = 1.3.6.1.4.1.311.20.2.3;UTF8:me, URI:spiffe://example.com/victim
dirName = directory
email = a@example.com
[directory]
CN = a, URI:spiffe://example.com/victim, b
`
  const cwd = t.testdir({ 'x.cnf': config })
  openssl(cwd, 'req', '-x509', '-config', 'x.cnf', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', 'key.pem', '-out', 'cert.pem')
  const certificate = new X509Certificate(readFileSync(path.join(cwd, 'cert.pem')))
  const names = subjectAltNames(certificate)
  t.equal(names.length, 6)
  t.notOk(names.includes('URI:spiffe://example.com/victim'))
  t.ok(names.includes('DNS:own.example.com'), 'DNS names are compared in lower case')
  writeFileSync(path.join(cwd, 'x.cnf'), '[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = billing.internal\n')
  openssl(cwd, 'req', '-x509', '-config', 'x.cnf', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', 'key.pem', '-out', 'cert.pem')
  t.strictSame(subjectAltNames(new X509Certificate(readFileSync(path.join(cwd, 'cert.pem')))), [''], 'the common name is no name')
  t.end()
})
