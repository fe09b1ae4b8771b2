// Times and durations: one notation each, parsed once into seconds. Times are NumericDates (RFC 7519 section 2).
// Pure: the clock itself is passed in. Rejects a number without a unit, and a date-time without a zone.

import { fault } from './errors.ts'

/** Seconds since 1970-01-01T00:00:00Z, whole. */
export type Clock = () => number

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 }

const DURATION = /^\d{1,6}[smhd]$/

/**
 * `90s`, `10m`, `30h`, `90d` in seconds.
 * @throws FaultsError without a place
 */
export function parseDuration (text: string): number {
  if (/^\d{1,6}$/.test(text)) {
    const [inSeconds, inLargest] = [`${Number(text)}s`, formatDuration(Number(text))]
    throw fault('', `is a number without a unit: ${text}`, `give a unit: ${inSeconds}${inLargest === inSeconds ? '' : ` or ${inLargest}`}`)
  }
  if (!DURATION.test(text)) throw fault('', `is not a duration such as 90s, 10m, 30h or 90d: ${text}`, 'write a number and its unit: s, m, h or d')
  return Number(text.slice(0, -1)) * UNITS[text.at(-1)!]!
}

/** Seconds as the shortest duration text: 600 is `10m`. */
export function formatDuration (seconds: number): string {
  const [unit, size] = Object.entries(UNITS).reverse().find(([unit, size]) => seconds % size === 0 && (seconds > 0 || unit === 's'))!
  return `${seconds / size}${unit}`
}

const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/

/** An RFC 3339 text as NumericDate (seconds); NaN for a day that there is not, such as 2027-02-30: Date.parse takes it for one in March. */
export function readDate (text: string): number {
  const [year, month, day] = text.slice(0, 'yyyy-mm-dd'.length).split('-').map(Number) as [number, number, number]
  const isReal = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day
  return isReal ? Math.floor(Date.parse(text) / 1000) : NaN
}

/**
 * A date, or a date-time with a zone (RFC 3339), as NumericDate (seconds). A date means its first moment in UTC.
 * @throws FaultsError without a place
 */
export function parseDate (text: string): number {
  const time = DATE.test(text) ? readDate(text) : NaN
  if (!Number.isNaN(time)) return time
  throw fault('', `is not a date such as 2027-06-01 or 2027-06-01T00:00:00Z: ${text}`, 'write the date as year-month-day; a time of day needs its zone')
}

/**
 * A date as `parseDate` reads it, or a duration from `now` on, as NumericDate (seconds).
 * @throws FaultsError without a place
 */
export function parseMoment (text: string, now: number): number {
  if (DURATION.test(text)) return now + parseDuration(text)
  if (DATE.test(text)) return parseDate(text)
  throw fault('', `is neither a date nor a time from now: ${text}`, 'give a date such as 2027-06-01, or a time from now such as 180d')
}

let latest = { seconds: NaN, text: '' }

/** A NumericDate (seconds) as RFC 3339 in UTC without fractions. Keeps the last one: records of a second all begin with it. */
export function formatTime (seconds: number): string {
  if (seconds !== latest.seconds) latest = { seconds, text: `${new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length)}Z` }
  return latest.text
}

const FAR = 300 * 86400

/** A NumericDate (seconds) for a reader, in UTC: `Thu 26 Nov 09:18 UTC`; with its year where that is not clear from `now`. */
export function formatDate (seconds: number, now: number): string {
  const [day, date, month, year, time] = new Date(seconds * 1000).toUTCString().split(/,? /)
  return `${day} ${Number(date)} ${month} ${Math.abs(seconds - now) > FAR ? `${year} ` : ''}${time!.slice(0, 5)} UTC`
}

/** Seconds from now, or ago where negative, for a reader: `in 30 h`, `3 days ago`, `now`. */
export function formatRelative (seconds: number): string {
  const size = Math.abs(seconds)
  if (size < 1) return 'now'
  const [unit, count] = size < 120 ? ['s', size] : size < 2 * 3600 ? ['min', size / 60] : size < 3 * 86400 ? ['h', size / 3600] : ['days', size / 86400]
  const text = `${Math.round(count)} ${unit}`
  return seconds > 0 ? `in ${text}` : `${text} ago`
}
