// What each consumer has fetched of a set: the fact that a promotion may wait for. Types only.

/** A vendor's machine and one set. Times are NumericDates (seconds). */
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
}
