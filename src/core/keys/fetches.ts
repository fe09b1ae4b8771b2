// What each consumer has fetched of a set: the fact that a promotion may wait for. Joins what several processes have
// recorded, so that the order in which records arrive does not matter.

/** A vendor's machine and one set, or our own fetches of a public URL. Times are NumericDates (seconds). */
export interface ConsumerFetches {
  readonly consumer: string
  readonly set: string
  readonly first: number
  readonly last: number
  /** Answers 200 and 304. */
  readonly count: number
  /** Of the body that it has now. */
  readonly etag: string
  /** Since when the consumer has had a body with the key, by kid. */
  readonly kids: ReadonlyMap<string, number>
  /** Why the last fetch of a public URL gave no JWK Set. */
  readonly problem?: string
}

type Named = Pick<ConsumerFetches, 'consumer'>

/** Our own fetches have the URL as their name. */
export const isPublicUrl = ({ consumer }: Named): boolean => consumer.startsWith('https://')

/** Groups of strangers have the name of their network: `203.0.113.0/24 python-requests`. No consumer's name has a slash. */
export const isStranger = (one: Named): boolean => one.consumer.includes('/') && !isPublicUrl(one)

const idOf = ({ consumer, set }: ConsumerFetches): string => `${consumer} ${set}`

/**
 * Two records of one consumer and set as one. The kids are those of the body that was fetched last: who got a body
 * without a key does not have it.
 */
function join (known: ConsumerFetches, next: ConsumerFetches): ConsumerFetches {
  const [older, newer] = known.last <= next.last ? [known, next] : [next, known]
  // A body without the key may lie between the two records.
  const hasGap = (since: number): boolean => newer.first > older.last && since > newer.first
  const since = (kid: string, found: number): number => hasGap(found) ? found : Math.min(found, older.kids.get(kid) ?? found)
  return {
    ...newer,
    first: Math.min(known.first, next.first),
    count: known.count + next.count,
    kids: new Map([...newer.kids].map(([kid, found]) => [kid, since(kid, found)]))
  }
}

/** Strangers that are kept: their number is theirs to choose, and memory must be bounded. */
const MAX_STRANGERS = 100
/** Strangers are forgotten after this time: seconds. */
const STRANGERS_LAST = 30 * 86400

/**
 * Adds records to those that are known. Of strangers only the latest are kept, for 30 days.
 * @param now NumericDate (seconds)
 */
export function mergeFetches (known: readonly ConsumerFetches[], next: readonly ConsumerFetches[], now: number): ConsumerFetches[] {
  const found = new Map(known.map(one => [idOf(one), one]))
  for (const one of next) {
    const before = found.get(idOf(one))
    found.set(idOf(one), before ? join(before, one) : one)
  }
  const all = [...found.values()].sort((a, b) => idOf(a) < idOf(b) ? -1 : 1)
  const strangers = all.filter(isStranger).filter(({ last }) => last > now - STRANGERS_LAST).sort((a, b) => b.last - a.last)
  const kept = new Set(strangers.slice(0, MAX_STRANGERS))
  return all.filter(one => !isStranger(one) || kept.has(one))
}

/** One record as JSON has it. */
export const writeFetches = ({ kids, ...rest }: ConsumerFetches): object => ({ ...rest, kids: Object.fromEntries(kids) })

/** What `writeFetches` has written. @throws TypeError for anything else */
export function readFetches (value: unknown): ConsumerFetches {
  const { consumer, set, etag, kids, ...times } = value as Record<string, unknown>
  const { first, last, count } = times
  const isWhole = [consumer, set, etag].every(one => typeof one === 'string') &&
    [first, last, count, ...Object.values(kids as object)].every(one => Number.isSafeInteger(one))
  if (!isWhole) throw new TypeError('not a record of fetches')
  return { consumer, set, first, last, count, etag, kids: new Map(Object.entries(kids as object)) } as ConsumerFetches
}
