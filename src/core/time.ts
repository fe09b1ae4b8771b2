// Times and durations: one notation each, parsed once into seconds. Times are NumericDates (RFC 7519 section 2).
// Pure: the clock itself is passed in.

/** Seconds since 1970-01-01T00:00:00Z, whole. */
export type Clock = () => number

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 }

/** `90s`, `10m`, `30h`, `90d` in seconds. */
export function parseDuration (text: string): number | string {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  return count ? Number(count) * UNITS[unit!]! : `is not a duration such as 90s, 10m, 30h or 90d: ${text}`
}

/** Seconds as the shortest duration text: 600 is `10m`. */
export function formatDuration (seconds: number): string {
  const [unit, size] = Object.entries(UNITS).reverse().find(([unit, size]) => seconds % size === 0 && (seconds > 0 || unit === 's'))!
  return `${seconds / size}${unit}`
}

/** A date, or a date-time with a zone (RFC 3339), as NumericDate (seconds). A date means its first moment in UTC. */
export function parseDate (text: string): number | string {
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/.test(text)
  const ms = isDate ? Date.parse(text) : NaN
  return Number.isNaN(ms) ? `is not a date such as 2027-06-01 or 2027-06-01T00:00:00Z: ${text}` : Math.floor(ms / 1000)
}

/** A NumericDate (seconds) as RFC 3339 in UTC without fractions. */
export function formatTime (seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
}
