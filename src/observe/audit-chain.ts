// The chain of the audit log: each line has its sequence number and the SHA-256 of the line before, so no line can be
// changed, moved or removed without a trace. Each line also has a checksum of itself, which covers the last one.

import { hash } from 'node:crypto'

/** The last line of a chain. */
export interface ChainHead {
  /** Id of the chain: 16 hex digits, chosen when it begins. */
  readonly log: string
  /** 1 for the first line. */
  readonly seq: number
  /** SHA-256 of the line without its line feed, hex. */
  readonly sha256: string
}

/** A line's position in the chain, as it states it. */
export interface Link {
  readonly log: string
  readonly seq: number
  /** SHA-256 of the line before, hex; empty for the first line. */
  readonly prev: string
}

const LINE = /^\{"log":"([0-9a-f]{16})","seq":(\d{1,15}),"prev":"([0-9a-f]{64}|)",/

/** The line of an entry that follows `head`, without a line feed. */
export function formatLine ({ log, seq, sha256 }: ChainHead, entry: object): string {
  const body = JSON.stringify({ log, seq: seq + 1, prev: sha256, ...entry })
  return `${body.slice(0, -1)},"check":"${checksum(body.slice(0, -1))}"}`
}

/** The place of a line, or undefined for what is no line of an audit log. Does not look at the checksum. */
export function readLink (line: string): Link | undefined {
  const [, log, seq, prev] = LINE.exec(line) ?? []
  return log === undefined ? undefined : { log, seq: Number(seq), prev: prev! }
}

/** Whether a line begins a chain. */
export function isFirst ({ seq, prev }: Link): boolean {
  return seq === 1 && prev === ''
}

/** What the start of a line says. */
export interface Start extends Link {
  /** RFC 3339. */
  readonly time: string
  readonly event: string
}

const START = /^\{"log":"([0-9a-f]{16})","seq":(\d{1,15}),"prev":"([0-9a-f]{64}|)","time":"([^"]{20})","event":"(\w+)"/
/** Longer than what START matches. */
const START_LENGTH = 256

/** As `readLink`, of the bytes of a line, with its time and its event. */
export function readStart (line: Buffer): Start | undefined {
  const [, log, seq, prev, time, event] = START.exec(line.toString('latin1', 0, START_LENGTH)) ?? []
  return log === undefined ? undefined : { log, seq: Number(seq), prev: prev!, time: time!, event: event! }
}

/** What the line after `head` begins with. */
export function startAfter ({ log, seq, sha256 }: ChainHead): string {
  return `{"log":"${log}","seq":${seq + 1},"prev":"${sha256}",`
}

/** The head that a line is. */
export function headOf (line: string, { log, seq }: Link): ChainHead {
  return { log, seq, sha256: hash('sha256', line) }
}

const CHECK = /^(.*),"check":"([0-9a-f]{16})"\}$/s

/** Whether a line is unchanged according to its own checksum. */
export function isIntact (line: string): boolean {
  const [, body, check] = CHECK.exec(line) ?? []
  return body !== undefined && check === checksum(body)
}

function checksum (body: string): string {
  return hash('sha256', body).slice(0, 16)
}
