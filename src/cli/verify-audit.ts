// jwksd verify-audit: proves that audit log files are one complete chain, or names the first bad line. Reads only files:
// an auditor can run it on copies, on another machine.

import { Command } from 'commander'
import type { JSONWebKeySet } from 'jose'
import { fault } from '../core/errors.ts'
import { readSmallFile } from '../keystore/files.ts'
import { readKeySets } from '../keystore/key-sets.ts'
import { type Proof, verifyFiles } from '../observe/verify-files.ts'
import { verifyCheckpoint } from '../signing/checkpoints.ts'
import { loadSettings } from '../state/settings.ts'
import { argument } from './argument.ts'
import { type Io, presentConfig, printFaults } from './io.ts'

interface Options { config?: string, jwks?: string, known?: string, partial?: true, stream?: true, json?: true }

export function verifyAuditCommand (io: Io): Command {
  return new Command('verify-audit')
    .argument('<file...>', 'the files of one audit log, in any order; those that end in .gz are unpacked')
    .option('--jwks <file>', 'JWK Set with the public keys that sign checkpoints (default: audit.checkpoint.set of the configuration)')
    .option('--known <sha256>', 'hash of what was the last line before: it must still be there', argument(parseHash))
    .option('--partial', 'the oldest files were deleted: the log may begin with any line')
    .option('--stream', 'the files were collected from standard output or a FIFO: each start of jwksd begins a chain')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--json', 'result as JSON')
    .action(async (files: string[], options: Options) => { await verifyAudit(io, files, options) })
}

/** @throws FaultsError for what is no SHA-256 in hexadecimal: taken for a hash, it would read as tampering */
function parseHash (text: string): string {
  const [, hash] = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(text) ?? []
  if (hash === undefined) throw fault('--known', 'is no SHA-256 of 64 hexadecimal digits', 'take it from what verify-audit said last')
  return hash.toLowerCase()
}

async function verifyAudit (io: Io, files: readonly string[], { jwks, known, partial, stream, config, json }: Options): Promise<void> {
  const keys = await (jwks === undefined ? readConfiguredKeys(io, config) : readJwks(jwks))
  const verify = keys && (async (jws: string) => await verifyCheckpoint(jws, keys))
  const proof = await verifyFiles(files, { isPartial: partial, isStream: stream, known, verifyCheckpoint: verify })
  io.stdout.write(json ? JSON.stringify(describe(proof)) + '\n' : tell(proof))
  printFaults(io, [], warningsOf(proof))
}

async function readJwks (file: string): Promise<JSONWebKeySet> {
  const { text } = await readSmallFile(file)
  const { keys } = parse(text) ?? {}
  if (!Array.isArray(keys)) throw fault(file, 'is no JWK Set', 'save what the JWKS URL of the set answers, and name that file')
  return { keys }
}

function parse (text: string): Partial<JSONWebKeySet> | undefined {
  try {
    return JSON.parse(text) as Partial<JSONWebKeySet>
  } catch {
    return undefined
  }
}

/** The keys of the set that signs checkpoints; undefined where no configuration names one. */
async function readConfiguredKeys ({ env, clock }: Io, option: string | undefined): Promise<JSONWebKeySet | undefined> {
  const settings = await loadSettings(presentConfig(option, env), env, clock())
  const { set } = settings.audit?.checkpoint ?? {}
  if (set === undefined) return undefined
  const { sets } = await readKeySets(settings, env, { publicOnly: true })
  return { keys: (sets.get(set)?.keys ?? []).map(({ jwk }) => ({ ...jwk, key_ops: ['verify'] })) }
}

function describe ({ files, lines, chains, last, from, to, checkpoints, kids }: Proof): object {
  const [first] = chains
  const signed = checkpoints.at(-1)
  return {
    files,
    lines,
    first: { log: first.log, seq: first.seq, time: from },
    last: { log: last.log, seq: last.seq, time: to, sha256: last.sha256 },
    chains: chains.length,
    checkpoints: { count: checkpoints.length, kids, ...(signed && { seq: signed.seq }) }
  }
}

function tell ({ files, lines, last, from, to, checkpoints, kids }: Proof): string {
  const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
  const signed = checkpoints.at(-1)
  const signatures = signed && kids.length > 0
    ? `${count(checkpoints.length, 'checkpoint')} signed by ${kids.join(', ')}; the last one signs seq ${signed.seq}\n`
    : ''
  return `whole: ${count(lines, 'line')} in ${count(files.length, 'file')}, ${from} to ${to}
${signatures}last line: seq ${last.seq}, sha256 ${last.sha256}
`
}

function warningsOf ({ chains, checkpoints, kids }: Proof): string[] {
  const warnings = chains.slice(1).map(({ file, line }) => `${file}:${line}: a new chain begins here: nothing proves that it is the next one`)
  if (checkpoints.length === 0) warnings.push('there are no checkpoints: who could write the log could replace it as a whole')
  else if (kids.length === 0) warnings.push('the signatures of the checkpoints were not verified: name their public keys with --jwks FILE')
  return warnings
}
