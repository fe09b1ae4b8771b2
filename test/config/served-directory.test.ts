// What a directory that a web server serves would give away.

import t from 'tap'
import { findSecretIn } from '../../src/config/served-directory.ts'

t.test('keys, certificates\' keys, the audit log and the configuration are secret; what was not read is not looked for', t => {
  const file = '/etc/jwksd/jwksd.yaml'
  const place = { keys: '/etc/jwksd/keys', tls: { cert: '/tls/cert.pem', key: '/tls/key.pem' }, audit: { file: '/log/audit.jsonl', sync: 'none' } } as const
  for (const [directory, problem] of [
    ['/etc/jwksd/keys/ecw', 'is in the key directory'], ['/etc', /holds the key directory, /], ['/tls', /holds the private key of tls, /], ['/log', /holds the audit log, /]
  ] as const) {
    t.match(findSecretIn(directory, file, place), { problem }, directory)
  }
  for (const directory of ['/etc/jwksd/keys-public', '/var/www', '/tls/key.pem.d']) t.equal(findSecretIn(directory, file, place), undefined, directory)
  const internal = { listen: 'public', tls: { cert: '/in/cert.pem', key: '/in/key.pem' } } as const
  t.match(findSecretIn('/in', file, { sign: internal }), { problem: 'holds the private key of sign.tls, /in/key.pem, which would be published' })
  t.equal(findSecretIn('/in', file, { sign: { listen: 'public' } }), undefined)
  t.match(findSecretIn('/etc/jwksd', file, {}), { problem: /holds the configuration, / })
  t.equal(findSecretIn('/etc/jwksd/public', file, {}), undefined)
  t.end()
})
