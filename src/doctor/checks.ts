// What a check is: its name, what it looks at and why, and a pure function that judges what was observed. Probes stand
// apart: nothing here reads a file, a socket or the clock.

import { withoutSecrets } from '../core/secrets.ts'
import type { Finding } from './finding.ts'

/** What a check concludes; undefined in its place means that there was nothing to judge. */
export type Verdict = Pick<Finding, 'level' | 'seen' | 'hint'>

export interface Check<Seen> {
  /** In kebab-case, and stable. */
  readonly name: string
  /** Completes "looks at …" in docs/reference/check.md. */
  readonly looksAt: string
  readonly why: string
  readonly source: string
  readonly judge: (seen: Seen) => Verdict | undefined
}

const LONGEST = 300
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

export const ok = (seen: string): Verdict => ({ level: 'ok', seen })
export const warning = (seen: string, hint: string): Verdict => ({ level: 'warning', seen, hint })
export const faulty = (seen: string, hint: string): Verdict => ({ level: 'fault', seen, hint })

/** Text from outside for a terminal or a page: one short line, without control characters and secrets. */
export function tidy (text: string): string {
  const line = withoutSecrets(text).replaceAll(UNPRINTABLE, '\ufffd')
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line
}

/** The findings of all checks that had something to judge, in the order of the checks. */
export function runChecks<Seen> (checks: ReadonlyArray<Check<Seen>>, seen: Seen): Finding[] {
  return checks.flatMap(({ name, why, source, judge }) => {
    const verdict = judge(seen)
    return verdict ? [{ check: name, ...verdict, seen: tidy(verdict.seen), why, source }] : []
  })
}
