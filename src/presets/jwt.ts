// A plain JWT (RFC 7519): no vendor's rules beyond what the standard says of the registered claims.

import { ALGS } from '../core/alg.ts'
import type { Preset } from '../core/preset.ts'

const claim = (name: string, text: string, schema: object) => ({
  id: `${name}-type`, claim: name, text, schema, source: 'RFC 7519 section 4.1', verified: true
})

export const jwt: Preset = {
  name: 'jwt',
  title: 'JSON Web Token (RFC 7519)',
  algs: ALGS,
  header: { typ: 'JWT' },
  ttl: { default: 300, max: 3600, source: 'jwksd: a short life unless the profile says otherwise', verified: true },
  rules: [
    claim('iss', 'is a string', { type: 'string' }),
    claim('sub', 'is a string', { type: 'string' }),
    claim('aud', 'is a string or an array of strings', {
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }]
    })
  ]
}
