// The signing key of a new configuration: made, or taken from a file with the kid under which it was published. Rejects a
// key that the vendor does not take.

import type { KeyObject } from 'node:crypto'
import path from 'node:path'
import { fault } from '../../core/errors.ts'
import { type Alg, ALGS_OF, isAlg } from '../../core/keys/alg.ts'
import { readCertificate } from '../../core/keys/certificate.ts'
import type { AskPassphrase } from '../../core/keys/foreign.ts'
import { type Key, toKey } from '../../core/keys/key.ts'
import { type Notes, writeNotes } from '../../core/keys/notes.ts'
import { parseKey } from '../../core/keys/parse-key.ts'
import type { Preset } from '../../core/tokens/preset.ts'
import { needsCertificate } from '../../core/tokens/template.ts'
import { formatTime } from '../../core/time.ts'
import { type NewFile, readAny } from '../../keystore/files.ts'
import { encodePrivateKey, generatePrivateKey } from '../../keystore/generate.ts'
import { readForeignKey } from '../../keystore/import.ts'
import { selfSign } from '../self-signed.ts'
import { idOf, type OldKey } from './found-keys.ts'

const BITS = 3072
const CERT_DAYS = 365

export interface KeyRequest {
  readonly preset: Preset
  readonly set: string
  /** Directory of the set's key files. */
  readonly directory: string
  readonly alg?: Alg | undefined
  /** File to take the key from. */
  readonly file?: string | undefined
  readonly kid?: string | undefined
  readonly old: readonly OldKey[]
  readonly ask: AskPassphrase
  /** Encrypts the key file. */
  readonly passphrase: string | undefined
  /** For a self-signed certificate: its subject, and its URI. */
  readonly host: string
  readonly issuer: string
  /** NumericDate (seconds). */
  readonly now: number
}

export interface NewKey {
  readonly files: readonly NewFile[]
  readonly key: Key
  readonly alg: Alg
  readonly remarks: readonly string[]
}

/** @throws FaultsError when the file holds no sound private key, or none that the vendor takes */
export async function prepareKey (request: KeyRequest): Promise<NewKey> {
  const { preset, set, directory, file, old, ask, passphrase, now } = request
  const foreign = file === undefined ? undefined : await readForeignKey(file, ask)
  const privateKey = foreign?.privateKey ?? generatePrivateKey(request.alg ?? preset.alg.oneOf[0]!, BITS)
  const target = path.join(directory, `${set}-${formatTime(now).slice(0, 10)}.pem`)
  const parsed = parseKey(file ?? target, encodePrivateKey(privateKey, undefined))
  const published = old.find(({ id }) => id === idOf(privateKey))
  const fitting = preset.alg.oneOf.filter(alg => ALGS_OF[parsed.kind].includes(alg))
  const wanted = [request.alg, foreign?.notes.alg, published?.alg].find(alg => alg !== undefined && isAlg(alg) && fitting.includes(alg))
  const alg = (wanted ?? fitting[0]) as Alg | undefined
  if (alg === undefined || (request.alg !== undefined && alg !== request.alg)) {
    throw fault(file ?? '--alg', `a key of kind ${parsed.kind} does not sign with ${request.alg ?? preset.alg.oneOf.join(', ')} for ${preset.title}`,
      `${preset.title} takes ${preset.alg.oneOf.join(', ')}`)
  }
  const scheme = preset.key.kid === 'thumbprint' ? 'thumbprint' : 'pem-sha256'
  const kid = request.kid ?? published?.kid ?? foreign?.notes.kid
  const notes: Notes = kid === undefined || kid === parsed.kids[scheme] ? {} : { kid }
  const text = writeNotes(notes) + encodePrivateKey(privateKey, passphrase)
  const key = toKey(parseKey(target, text, passphrase), scheme, alg)
  const certificate = await prepareCertificate(request, privateKey, target)
  const lost = old.filter(({ id }) => id !== published?.id).map(one => `${one.file} also has ${one.kid}, whose private key is not taken over: vendors that know it need it published until they have the new one`)
  return {
    files: [{ file: target, text, mode: 0o600 }, ...certificate.files],
    key,
    alg,
    remarks: [...(published ? [`${published.file}: its kid ${published.kid} is kept`] : []), ...certificate.remarks, ...lost]
  }
}

/** The certificate beside the file that the key came from, else a self-signed one, where the vendor knows the key by it. */
async function prepareCertificate (
  { preset, file, host, issuer, now }: KeyRequest, privateKey: KeyObject, target: string
): Promise<Pick<NewKey, 'files' | 'remarks'>> {
  if (preset.key.given !== 'certificate' && !preset.names.some(needsCertificate)) return { files: [], remarks: [] }
  const name = target.replace(/\.pem$/, '.crt')
  const beside = file?.replace(/\.[^./]+$/, '.crt')
  const given = beside === undefined ? undefined : await readAny(beside).then(bytes => bytes.toString('utf8'), () => undefined)
  if (given !== undefined) {
    readCertificate(beside!, given, parseKey(beside!, encodePrivateKey(privateKey, undefined)).publicKey)
    return { files: [{ file: name, text: given, mode: 0o644 }], remarks: [] }
  }
  const altNames = [{ type: 2, value: host }, { type: 6, value: issuer }] as const
  const { cert } = await selfSign({ commonName: host, altNames, now, days: CERT_DAYS, privateKey })
  return {
    files: [{ file: name, text: cert, mode: 0o644 }],
    remarks: [`${name} is self-signed, for a year: put another in its place where ${preset.title} wants one from a certification authority`]
  }
}
