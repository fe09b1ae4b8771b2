// What is kept of ACME on disk: the account key, the certificate with its private key, and the failures since the last
// certificate. Each is one file with mode 0600, replaced as a whole.

import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import type { AcmeConfig } from '../config/types.ts'
import type { Validity } from '../core/certificate-renewal.ts'
import type { Fault } from '../core/errors.ts'
import { writeFileSafely } from './files.ts'

/** Failed orders since the last certificate. */
export interface FailedOrders {
  readonly count: number
  /** When the next is placed (NumericDate). */
  readonly next: number
  /** Why the last one failed. */
  readonly fault: Fault
}

/** P-256: every authority takes it, and the answer to TLS-ALPN-01 must have the type of the listener's key. */
export function makeEcKey (): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
}

/** The key of the account, made at its first use. */
export async function readAccountKey (file: string): Promise<string> {
  const known = await readIfThere(file)
  if (known !== undefined) return known
  const made = makeEcKey()
  await writeFileSafely(file, made, 0o600, true)
  return made
}

/** When the certificate on disk is valid; undefined when there is none that can be read. */
export async function readValidity ({ certificate }: Pick<AcmeConfig, 'certificate'>): Promise<Validity | undefined> {
  try {
    return validityOf(await readIfThere(certificate) ?? '')
  } catch {
    return undefined
  }
}

export function validityOf (pem: string): Validity {
  const { validFrom, validTo } = new X509Certificate(pem)
  return { notBefore: Date.parse(validFrom) / 1000, notAfter: Date.parse(validTo) / 1000 }
}

/** Both in one file: at no moment do they differ. The chain is first. */
export async function writeCertificate ({ certificate }: Pick<AcmeConfig, 'certificate'>, chain: string, key: string): Promise<void> {
  await writeFileSafely(certificate, `${chain.trimEnd()}\n${key}`, 0o600)
}

/** The failures since the last certificate. A file that was damaged counts as none. */
export async function readFailedOrders ({ attempts }: Pick<AcmeConfig, 'attempts'>): Promise<FailedOrders | undefined> {
  try {
    const { count, next, fault: { where, problem, hint } } = JSON.parse(await readIfThere(attempts) ?? 'null') as FailedOrders
    const isSound = [count, next].every(Number.isFinite) && [where, problem, hint].every(text => typeof text === 'string')
    return isSound ? { count, next, fault: { where, problem, hint } } : undefined
  } catch {
    return undefined
  }
}

export async function writeFailedOrders ({ attempts }: Pick<AcmeConfig, 'attempts'>, failed: FailedOrders | undefined): Promise<void> {
  if (failed) await writeFileSafely(attempts, JSON.stringify(failed, null, 2) + '\n', 0o600)
  else await rm(attempts, { force: true })
}

async function readIfThere (file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
