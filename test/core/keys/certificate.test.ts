// Validity of a key's certificate (RFC 5280 section 4.1.2.5).

import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { invalidity, readCertificate } from '../../../src/core/keys/certificate.ts'
import { makeCertificate, openssl } from '../../support/openssl.ts'

t.test('a certificate is read as openssl shows it, and valid only between its dates', async t => {
  const { cert, key } = makeCertificate(t.testdir(), 'a', { san: 'DNS:a.example,URI:https://app.example,URI:urn:second' })
  const certificate = readCertificate('a.crt', readFileSync(cert, 'utf8'), createPublicKey(readFileSync(key, 'utf8')))
  const fingerprint = openssl('/', 'x509', '-in', cert, '-noout', '-fingerprint', '-sha256').split('=')[1]!.trim().replaceAll(':', '')
  t.equal(Buffer.from(certificate['x5t#S256'], 'base64url').toString('hex').toUpperCase(), fingerprint)
  t.equal(certificate.uri, 'https://app.example')
  t.equal(invalidity(certificate, certificate.notBefore), undefined)
  t.equal(invalidity(certificate, certificate.notAfter), undefined)
  t.match(invalidity(certificate, certificate.notBefore - 1), /^is not valid before 20/)
  t.match(invalidity(certificate, certificate.notAfter + 1), /^expired on 20/)
})

t.test('without names there is no URI', async t => {
  const { cert, key } = makeCertificate(t.testdir(), 'ca', { ca: true })
  t.notOk('uri' in readCertificate('ca.crt', readFileSync(cert, 'utf8'), createPublicKey(readFileSync(key, 'utf8'))))
})
