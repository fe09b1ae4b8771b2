// Good keys of every kind and encoding, and damage to their DER: files that anybody could drop into a key directory.

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { makeRandom } from './fuzz-bodies.ts'
import { makePrivateKey } from './keys.ts'

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

function makeSamples (): Sample[] {
  const keys = [
    makePrivateKey('RSA'), makePrivateKey('P-256'), makePrivateKey('P-384'), makePrivateKey('P-521'), makePrivateKey('Ed25519'),
    generateKeyPairSync('rsa-pss', { modulusLength: 2048, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256' }).privateKey,
    generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).privateKey,
    generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
    generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey
  ]
  return [...keys.flatMap(samplesOf), INFINITY]
}

/** The point at infinity as a public key on P-256, which some releases of Node abort at. */
const INFINITY: Sample = { label: 'PUBLIC KEY', der: Buffer.from('3019301306072a8648ce3d020106082a8648ce3d03010703020000', 'hex') }

const pemOf = ({ label, der }: Sample): string => `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`

/** The point at infinity, undamaged. */
export const INFINITY_PEM = pemOf(INFINITY)

/** Damaged keys without end, as PEM; the same ones in the same order of kinds for a seed. */
export function * makeDamagedKeys (seed: number): Generator<string, never> {
  const random = makeRandom(seed)
  const damage = (der: Buffer): Buffer => {
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
  for (const samples = makeSamples(); ;) {
    for (const { label, der } of samples) {
      let bytes = damage(der)
      while (random(3) === 0) bytes = damage(bytes)
      yield pemOf({ label, der: bytes })
    }
  }
}
