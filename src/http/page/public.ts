// The page of the public listener: what anybody can learn from the JWK Sets, with their dates. No file, client, vendor or fault.

import type { Config } from '../../config/types.ts'
import type { Clock } from '../../core/time.ts'
import { summarize } from '../../core/keys/outlook.ts'
import { lookAhead } from '../../keystore/plan.ts'
import type { Loaded } from '../../state/load.ts'
import type { Snapshot } from '../../state/snapshot.ts'
import { html } from './html.ts'
import { layOut } from './layout.ts'
import { showSet } from './set.ts'

interface Sources { readonly loaded: () => Pick<Loaded, 'config' | 'snapshot'>, readonly clock: Clock }

/** The last page of a state: many visitors in one second cost one. */
const made = new WeakMap<Snapshot, { readonly now: number, readonly page: string }>()

/** The page as it is now. */
export function renderPublic ({ loaded, clock }: Sources): string {
  const now = clock()
  const { config, snapshot } = loaded()
  const last = made.get(snapshot)
  if (last?.now === now) return last.page
  const page = render(config, snapshot, now)
  made.set(snapshot, { now, page })
  return page
}

function render (config: Config, snapshot: Snapshot, now: number): string {
  const sets = [...snapshot.sets.values()]
  return layOut({
    host: config.url.host,
    sentence: summarize([], sets.map(set => lookAhead(set, config, now)), now).replace(/^All well\. /, ''),
    mood: 'plain',
    now,
    main: sets.map(set => showSet(set, { snapshot, url: config.url, now })),
    footer: html`<span>Public keys for verifying signatures: JWK Sets (RFC 7517).</span>`
  })
}
