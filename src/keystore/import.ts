// A private key in any common form becomes a key file of a set: PEM with notes, mode 0600. Rejects a key that does not
// fit the set it is for; never overwrites a file.

import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { Environment } from '../config/types.ts'
import { type Fault, fault, FaultsError } from '../core/errors.ts'
import type { Alg } from '../core/keys/alg.ts'
import { type AskPassphrase, type ForeignKey, readBox, readDerKey, readJwks, readPem, readServiceAccount } from '../core/keys/foreign.ts'
import { FORMS, formOf, hintFor } from '../core/keys/form.ts'
import { isSameKey } from '../core/keys/identity.ts'
import { type Key, toKey } from '../core/keys/key.ts'
import { findMixedKinds } from '../core/keys/kinds.ts'
import { type Notes, writeNotes } from '../core/keys/notes.ts'
import { parseKey } from '../core/keys/parse-key.ts'
import { formatTime } from '../core/time.ts'
import { readAny, writeFileSafely } from './files.ts'
import { makeKeyDirectory, modeIn, ownerOf } from './owner.ts'
import { encodePrivateKey } from './generate.ts'
import { copiesOf, directoryOf, faultsOf, type KeySettings, readKeySets, rulesOf } from './key-sets.ts'
import { readPassphrase } from './passphrase.ts'
import { explainErrors } from './rotate.ts'

const MAX_BYTES = 1024 * 1024

export interface Imported {
  readonly key: Key
  readonly warnings: readonly string[]
}

export interface ImportOptions {
  readonly set: string
  readonly env: Environment
  /** NumericDate (seconds). */
  readonly now: number
  readonly ask: AskPassphrase
  /** Notes that replace those of the file. */
  readonly notes: Notes
}

/**
 * Reads a private key in any form of `FORMS` that has one.
 * @throws FaultsError naming `file`, with the command that helps where jwksd cannot read the form
 */
export async function readForeignKey (file: string, ask: AskPassphrase): Promise<ForeignKey> {
  const { size } = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw fault(file, `cannot be read (${error.code})`, 'name a file that this user can read')
  })
  if (size > MAX_BYTES) throw fault(file, `has ${size} bytes; a file with a key has at most ${MAX_BYTES}`, 'name the file with the private key')
  const bytes = await readAny(file).catch((error: NodeJS.ErrnoException) => {
    throw fault(file, `cannot be read (${error.code})`, 'name a file that this user can read')
  })
  const form = formOf(bytes)
  switch (form) {
    case 'pem': case 'utf-16': return await readPem(file, bytes, ask)
    case 'der': return await readDerKey(file, bytes, ask)
    case 'jwk': case 'jwk-set': return readJwks(file, bytes)
    case 'service-account': return await readServiceAccount(file, bytes, ask)
    case 'box': return await readBox(file, bytes)
    case 'openssh': return await (await import('./openssh.ts')).readOpenssh(file, bytes, ask)
    case 'pkcs12': return await (await import('./pkcs12.ts')).readPkcs12(file, bytes, ask)
    case undefined: throw fault(file, 'holds no key in a form that jwksd knows', 'name a PEM, DER, PKCS#12, JWK, OpenSSH, Google or Box file')
    default: throw fault(file, `is ${FORMS[form]}, which jwksd does not read`, hintFor(form, file))
  }
}

/**
 * Writes the private key of a file into a set.
 * @throws FaultsError when the file holds no sound private key, or the set has no place for it
 */
export async function importKey (
  file: string, settings: KeySettings, { set, env, now, ask, notes: given }: ImportOptions
): Promise<Imported> {
  let wasEncrypted = false
  const { privateKey, notes: own, leftOut } = await readForeignKey(file, async () => {
    wasEncrypted = true
    return await ask()
  })
  const passphrase = await readPassphrase(env)
  const pem = encodePrivateKey(privateKey, passphrase)
  const directory = directoryOf(settings.keys, set)
  const target = freeName(directory, file)
  const rules = rulesOf(settings, set)
  const read = (notes: Notes): Key => toKey(parseKey(target, writeNotes(notes) + pem, passphrase), rules.kid, rules.alg)
  await explainErrors(settings.keys, async () => { await makeKeyDirectory(settings.keys) })
  const found = await readKeySets(settings, env)
  const others = found.sets.get(set)?.keys ?? []
  const { alg } = read({ ...own, ...given })
  const notes = { ...follow(others, alg, now), ...own, ...given }
  const key = read(notes)
  const source = path.resolve(file)
  // The file itself may lie in the key directory, and be a fault there.
  const faults = faultsOf(found).filter(one => one.set === set && path.resolve(one.where) !== source)
  const unfit = [...misfits(file, key, others, { set, now }), ...findMixedKinds(set, [...others, key], rules.mixed)]
  if (faults.length + unfit.length > 0) throw new FaultsError([...faults, ...unfit], found.warnings)
  await explainErrors(directory, async () => {
    await makeKeyDirectory(directory)
    const owner = await ownerOf(directory)
    await writeFileSafely(target, writeNotes(notes) + pem, modeIn(owner, 0o600), true, owner)
  })
  const warnings = copiesOf(found, key).map(copy => `${copy.key.file}: is the same key in the set "${copy.set.name}": jwksd revoke ${key.kid} takes both`)
  if (wasEncrypted && passphrase === undefined) warnings.push(`${target}: is not encrypted, as ${file} was; to keep it so, import with JWKSD_KEY_PASSPHRASE, which the server needs then, too`)
  if (leftOut) warnings.push(`${file}: left out ${leftOut}`)
  return { key, warnings }
}

/** The name of the file, with .pem; another one where a file of that name is what is imported. */
function freeName (directory: string, file: string): string {
  const name = path.parse(file).name.replaceAll(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'imported'
  const target = path.join(directory, `${name}.pem`)
  return path.resolve(target) === path.resolve(file) || existsSync(target) ? path.join(directory, `${name}-imported.pem`) : target
}

/** Beside revoked keys a new one needs a date, to end their line. */
function follow (others: readonly Key[], alg: Alg, now: number): Notes {
  const line = others.filter(one => one.alg === alg)
  return line.length > 0 && line.every(one => one.revoked !== undefined) ? { activates: now } : {}
}

/** Why a set has no place for the key of a file. */
function misfits (file: string, key: Key, others: readonly Key[], { set, now }: Pick<ImportOptions, 'set' | 'now'>): Fault[] {
  const same = others.find(one => isSameKey(one, key))
  if (same) return [{ where: same.file, problem: `is this key already, in the set "${set}"`, hint: 'there is nothing left to do' }]
  const clash = others.find(({ kid }) => kid === key.kid)
  if (clash) return [{ where: clash.file, problem: `has the kid ${key.kid} already`, hint: 'give one of the keys another kid, or import the key into a set of its own' }]
  const line = others.find(one => one.alg === key.alg && one.revoked === undefined)
  const signs = others.filter(one => one.alg === key.alg && one.revoked === undefined && (one.activates ?? -Infinity) <= now)
  if (signs.length > 0 && signs.every(({ activates = -Infinity }) => activates < key.activates!) && key.activates! < now) {
    const problem = `would sign since ${formatTime(key.activates!)} in place of ${signs.at(-1)!.file}, and vendors do not know it yet`
    return [{ where: file, problem, hint: 'say from when on it signs, after the lead of the set: --activates 2027-01-01' }]
  }
  if (!line || key.activates !== undefined) return []
  return [{
    where: line.file,
    problem: `is an ${key.alg} key of the set "${set}" already, and nothing says which of them signs`,
    hint: 'import the key into a set of its own, or say from when on it signs: --activates 2027-01-01'
  }]
}
