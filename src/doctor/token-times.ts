// The times of a token: are they NumericDates, does it live now, and not longer than the vendor takes? (RFC 7519 section 4.1)

import { formatDuration, formatRelative, formatTime } from '../core/time.ts'
import type { Preset, ServerClaim } from '../core/tokens/preset.ts'
import type { Claims } from '../core/tokens/profile.ts'
import type { Finding } from './finding.ts'

type Time = Exclude<ServerClaim, 'jti'>
type Times = Partial<Record<Time, number>>

const TIMES: readonly Time[] = ['iat', 'nbf', 'exp']
const JWT = 'RFC 7519 section 4.1'
/** The first NumericDate of five digits for the year: larger ones are milliseconds. */
const TOO_LARGE = 253_402_300_800

/** @param now NumericDate (seconds) */
export function checkTimes (claims: Claims, { preset, now }: { preset?: Preset, now: number }): Finding[] {
  const { set = [], optional = [], source = JWT } = preset?.time ?? {}
  const times: Times = {}
  const findings: Finding[] = []
  for (const name of TIMES) {
    const value = claims[name]
    const wrong = value === undefined ? [] : checkNumber(name, value, now)
    if (value === undefined && set.includes(name) && !optional.includes(name)) {
      findings.push({ check: `${name}-missing`, level: 'fault', seen: `${name} is missing`, source, hint: `add ${name}, in seconds since 1970` })
    }
    if (value !== undefined && wrong.length === 0) times[name] = value as number
    findings.push(...wrong)
  }
  findings.push(...checkNow(times, { ...preset && { preset }, now }), ...preset ? checkLife(times, { preset, now }) : [])
  if (findings.length > 0 || times.exp === undefined) return findings
  return [{ check: 'times', level: 'ok', seen: `the token lives until ${formatTime(times.exp)} (${formatRelative(times.exp - now)})` }]
}

function checkNumber (name: Time, value: unknown, now: number): Finding[] {
  const fault = (check: string, seen: string, hint: string): Finding[] => [{ check, level: 'fault', seen, source: 'RFC 7519 section 2, NumericDate', hint }]
  if (typeof value !== 'number') return fault(`${name}-type`, `${name} is not a number`, 'write it as a number of seconds, without quotes')
  if (value >= TOO_LARGE) return fault(`${name}-milliseconds`, `${name} is ${value}: milliseconds instead of seconds`, `divide it by 1000: now is ${now}`)
  return value < 0 ? fault(`${name}-type`, `${name} is ${value}, before 1970`, `write seconds since 1970: now is ${now}`) : []
}

/** Whether the token lives at `now`, as the vendor's clock may show it. */
function checkNow ({ iat, nbf, exp }: Times, { preset, now }: { preset?: Preset, now: number }): Finding[] {
  const { leeway = 0, source } = preset?.time ?? {}
  const findings: Finding[] = []
  const add = (check: string, level: 'fault' | 'warning', at: number, seen: string, hint: string, from = JWT): void => {
    findings.push({ check, level, seen: `${seen} ${formatTime(at)} (${formatRelative(at - now)})`, source: from, hint })
  }
  if (exp !== undefined && exp <= now - leeway) add('expired', 'fault', exp, 'the token expired on', 'get a new one for each request')
  if (nbf !== undefined && nbf > now + leeway) add('not-yet-valid', 'fault', nbf, 'nbf: the token is not valid before', 'compare the clock of the signer; set nbf a little back')
  if (iat !== undefined && iat > now + leeway) {
    // A vendor with times set back for it has said that it looks at iat; of the others many use libraries that do, such as PyJWT.
    const strict = preset?.time.backdate !== undefined
    add('issued-in-future', strict ? 'fault' : 'warning', iat, 'iat: the token was issued in the future, on',
      'compare the clock of the signer; set iat a little back', strict ? source : 'PyJWT and others refuse it')
  }
  return findings
}

/** The longest life, counted from now and from the token's own beginning. */
function checkLife ({ iat, nbf, exp }: Times, { preset: { title, time }, now }: { preset: Preset, now: number }): Finding[] {
  const { ttl: { max }, optional = [], backdate, leeway = 0, source } = time
  const begins = iat ?? nbf
  if (max === undefined || exp === undefined) return []
  const add = (level: 'fault' | 'warning', seen: string): Finding[] =>
    [{ check: 'life-too-long', level, seen: `${seen}; ${title} takes at most ${formatDuration(max)}`, source, hint: `set exp at most ${formatDuration(max)} after the moment of signing` }]
  if (exp - now > max + leeway) return add('fault', `the token lives ${formatRelative(exp - now).replace('in ', 'another ')}`)
  if (begins === undefined || exp - begins <= max) return []
  const counts = backdate !== undefined || !optional.includes('iat')
  return add(counts ? 'fault' : 'warning', `the token has a life of ${exp - begins} s`)
}
