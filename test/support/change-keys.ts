// A process that rotates the set `default` of a key directory, or revokes its second key, and nothing else: small, so
// that many of them can be started and killed.

import { readKeySet, rotateSet } from '../../src/keystore/rotate.ts'
import { confirmAll } from './confirm-all.ts'
import { annotateKey } from '../../src/keystore/apply-step.ts'

const [what, keys] = process.argv.slice(2) as ['rotate' | 'revoke', string]
const settings = { keys, sets: new Map(), profiles: new Map(), reload: { interval: 10, skew: 60 } }
const now = Math.floor(Date.now() / 1000)
if (what === 'rotate') await rotateSet('default', settings, { env: {}, now, begin: true, confirm: confirmAll })
else await annotateKey((await readKeySet('default', settings, {})).keys[1]!, { revoked: now })
