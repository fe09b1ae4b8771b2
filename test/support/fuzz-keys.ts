// A process that parses damaged DER of good keys and counts what comes of it: native code that aborts ends this
// process, not the test. Arguments: how many files, a seed. Prints { keys, faults } as JSON; any other error ends it.

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { FaultsError } from '../../src/core/errors.ts'
import { makePrivateKey } from './keys.ts'

const [count, seed] = process.argv.slice(2).map(Number) as [number, number]

interface Sample { readonly label: string, readonly der: Buffer }

/** Every encoding of a key that a file may hold. */
function samplesOf (key: KeyObject): Sample[] {
  const sample = (label: string, one: KeyObject, type: 'pkcs8' | 'spki' | 'pkcs1' | 'sec1'): Sample =>
    ({ label, der: one.export({ type: type as 'pkcs8', format: 'der' }) })
  const publicKey = createPublicKey(key)
  const common = [sample('PRIVATE KEY', key, 'pkcs8'), sample('PUBLIC KEY', publicKey, 'spki')]
  if (key.asymmetricKeyType === 'ec') return [...common, sample('EC PRIVATE KEY', key, 'sec1')]
  if (key.asymmetricKeyType !== 'rsa') return common
  return [...common, sample('RSA PRIVATE KEY', key, 'pkcs1'), sample('RSA PUBLIC KEY', publicKey, 'pkcs1')]
}

const keys = [
  makePrivateKey('RSA'), makePrivateKey('P-256'), makePrivateKey('P-384'), makePrivateKey('P-521'), makePrivateKey('Ed25519'),
  generateKeyPairSync('rsa-pss', { modulusLength: 2048, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256' }).privateKey,
  generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).privateKey,
  generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
  generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey
]
const samples: Sample[] = [
  ...keys.flatMap(samplesOf),
  { label: 'PUBLIC KEY', der: Buffer.from('3019301306072a8648ce3d020106082a8648ce3d03010703020000', 'hex') } // the point at infinity
]

let state = seed >>> 0
/** A number below `limit`, from a linear congruential generator: a failure can be repeated by its seed. */
function random (limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor(state / 2 ** 32 * limit)
}

function damage (der: Buffer): Buffer {
  const at = random(Math.min(der.length, random(2) ? 64 : der.length)) // the heads of elements lie in front
  const copy = Buffer.from(der)
  switch (random(6)) {
    case 0: copy[at] = random(256); return copy
    case 1: copy[at] = copy[at]! ^ (1 << random(8)); return copy
    case 2: return copy.subarray(0, at)
    case 3: return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + random(8))])
    case 4: return Buffer.concat([copy.subarray(0, at), Buffer.alloc(1 + random(40), random(2) ? 0 : 0xff), copy.subarray(at)])
    default: return copy.fill(random(2) ? 0 : 0xff, at, Math.min(copy.length, at + 1 + random(40)))
  }
}

const result = { keys: 0, faults: 0 }
for (let i = 0; i < count; i++) {
  const { label, der } = samples[i % samples.length]!
  let bytes = damage(der)
  while (random(3) === 0) bytes = damage(bytes)
  const text = `-----BEGIN ${label}-----\n${bytes.toString('base64')}\n-----END ${label}-----\n`
  try {
    parseKey('fuzz.pem', text)
    result.keys++
  } catch (error) {
    if (!(error instanceof FaultsError)) {
      process.stderr.write(text)
      throw error
    }
    result.faults++
  }
}
process.stdout.write(JSON.stringify(result))
