// One set on a page: where it is published, the lives of its keys, and the keys with states and dates.

import path from 'node:path'
import type { Key } from '../../core/keys/key.ts'
import { type KeySet, stateOf } from '../../core/keys/key-set.ts'
import { describeNext } from '../../core/keys/outlook.ts'
import { formatDate, formatDuration, formatRelative } from '../../core/time.ts'
import { DEFAULT_SET_NAME } from '../../keystore/list-keys.ts'
import type { Snapshot } from '../../state/snapshot.ts'
import { JWKS_PATH } from '../jwks.ts'
import { html, type Html, type Part } from './html.ts'
import { copyable, tableOf } from './layout.ts'
import { drawTimeLine, legend } from './time-line.ts'

/** The URLs at which the keys of a set are published: its own, and those of sets that include it. */
export function urlsOf ({ published }: Pick<Snapshot, 'published'>, set: KeySet, origin: string): string[] {
  return [...published].filter(([, members]) => members.includes(set))
    .map(([name]) => `${origin}${name === DEFAULT_SET_NAME ? '' : `/${name}`}${JWKS_PATH}`)
}

interface Shown {
  readonly snapshot: Snapshot
  readonly url: URL
  readonly now: number
  /** The key directory, where file names may be shown. */
  readonly directory?: string
  /** What comes after the keys. */
  readonly more?: Part
  /** A schedule of rotations in words. */
  readonly schedule?: string
}

/** The section of a set. */
export function showSet (set: KeySet, { snapshot, url, now, directory, more, schedule }: Shown): Html {
  const { name, maxAge, lead, retire, keys } = set
  const drawing = drawTimeLine(set, now)
  const shown = directory !== undefined ? keys : keys.filter(key => !['destroyed', 'compromised'].includes(stateOf(set, key, now)))
  return html`<section aria-labelledby="set-${name}">
<div class="head"><h2 id="set-${name}">${name}</h2><p>max-age ${formatDuration(maxAge)} · lead ${formatDuration(lead)} · retire ${formatDuration(retire)}${schedule}</p></div>
${urlsOf(snapshot, set, url.origin).map(one => html`<p class="url">${copyable(one, `the URL of ${name}`)}</p>`)}
${drawing && [drawing, legend]}
<h3>Keys</h3>
${tableOf(`Keys of ${name}`, ['kid', 'alg', 'state', 'next'], shown.map(key => showKey(set, key, now, directory)))}
${more}</section>`
}

function showKey (set: KeySet, key: Key, now: number, directory?: string): Part[] {
  const state = stateOf(set, key, now)
  const next = describeNext(set, key, now, at => `${formatDate(at, now)} (${formatRelative(at - now)})`)
  return [
    [copyable(key.kid, `kid ${key.kid}`), directory !== undefined && html`<span class="file">${path.relative(directory, path.resolve(key.file))}</span>`],
    key.alg, html`<span class="badge ${state}">${state}</span>`, next
  ]
}
