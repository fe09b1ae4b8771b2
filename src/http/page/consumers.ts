// Who has fetched a set, from the ledger: consumers by name, also those that never came, and whether each has the newest key.

import type { Config } from '../../config/types.ts'
import { type ConsumerFetches, isPublicUrl, isStranger } from '../../core/keys/fetches.ts'
import { type HeldKey, wordLacking } from '../../core/keys/gate.ts'
import type { KeySet } from '../../core/keys/key-set.ts'
import { newestKey } from '../../core/keys/outlook.ts'
import type { Snapshot } from '../../state/snapshot.ts'
import { html, type Html, type Part } from './html.ts'
import { moment, tableOf } from './layout.ts'

/** Strangers that are listed, those who came last first. */
const MOST_STRANGERS = 10

interface Sources {
  readonly config: Pick<Config, 'ledger' | 'redis' | 'consumers'>
  readonly snapshot: Pick<Snapshot, 'published'>
  readonly fetches: readonly ConsumerFetches[]
}

/** The table of a set; nothing where no fetch is recorded. */
export function listConsumers (set: KeySet, { config, snapshot, fetches }: Sources, now: number): Html | undefined {
  if (!config.ledger && !config.redis) return undefined
  const urls = [...snapshot.published].filter(([, members]) => members.includes(set)).map(([name]) => name)
  const here = fetches.filter(one => urls.includes(one.set))
  const named = here.filter(one => !isStranger(one))
  const strangers = here.filter(isStranger).sort((a, b) => b.last - a.last)
  const came = new Set(named.map(({ consumer }) => consumer))
  const silent = [...config.consumers].filter(([name, { set }]) => urls.includes(set) && !came.has(name))
  const rows = [
    ...named.map(one => showFetches(set, one, now)), ...silent.map(([name]) => [name, 'never', 0, '–']),
    ...strangers.slice(0, MOST_STRANGERS).map(one => showFetches(set, one, now))
  ]
  const more = strangers.length - MOST_STRANGERS
  return html`<h3>Who has fetched it</h3>
${rows.length === 0
  ? html`<p class="quiet">Nobody yet.</p>`
  : tableOf(`Who has fetched ${set.name}`, ['consumer', 'last fetch', 'fetches', 'newest key'], rows)}
${more > 0 && html`<p class="quiet">and ${more} other strangers before</p>`}`
}

function showFetches (set: KeySet, fetches: ConsumerFetches, now: number): Part[] {
  const { consumer, last, count, kids } = fetches
  const newest = newestKey(set, now)
  const since = newest && kids.get(newest.kid)
  const has = since !== undefined && [html`<span class="badge ok">has it</span> since `, moment(since, now)]
  return [[consumer, isStranger(fetches) && html`<span class="file">a stranger: not among the consumers</span>`], moment(last, now, true), count, has || (newest ? [html`<span class="badge warning">lacks it</span> `, newest.kid] : '–')]
}

/** What each held key waits for. */
export function listHeld (held: readonly HeldKey[], now: number): Html[] {
  return held.map(({ key, since, has, lacks, earliest, deadline }) => html`<p><span class="badge ${deadline <= now ? 'fault' : 'pre-activation'}">held</span> ${key.kid} since ${moment(since, now)}: ${lacks.length > 0
    ? [lacks.map(one => wordLacking(one, now)).join(', '), '; deadline ', moment(deadline, now, true)]
    : earliest > now && !has.some(isPublicUrl) ? ['its lead ends ', moment(earliest, now, true)] : 'the next rotation gives it its date'}.</p>`)
}
