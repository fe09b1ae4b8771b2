// The page of the internal listener, for operators: what is wrong or comes next, the sets with the lives of their keys, the
// vendors, the clients' last hour and the server itself. It changes nothing: rotate and revoke are commands to copy.

import type { Fault } from '../../core/errors.ts'
import type { ConsumerFetches } from '../../core/keys/fetches.ts'
import { type KeySet, stateOf } from '../../core/keys/key-set.ts'
import { summarize } from '../../core/keys/outlook.ts'
import { shellWord } from '../../core/keys/pem.ts'
import { formatDuration, type Clock } from '../../core/time.ts'
import { lookAhead } from '../../keystore/plan.ts'
import type { Health } from '../../observe/health.ts'
import type { HourOfClient } from '../../observe/last-hour.ts'
import type { Metrics } from '../../observe/metrics.ts'
import type { Loaded } from '../../state/load.ts'
import { showChecks } from './checks.ts'
import { listConsumers, listHeld } from './consumers.ts'
import { html, type Html } from './html.ts'
import { copyable, layOut, moment, tableOf } from './layout.ts'
import { expiries, findProblems } from './problems.ts'
import { showSet } from './set.ts'
import { listVendors } from './vendors.ts'

/** What the page is made from; each is read when the page is asked for. */
export interface PageSources {
  readonly loaded: () => Loaded
  readonly clock: Clock
  /** What the ledger says. */
  readonly fetches: () => Promise<readonly ConsumerFetches[]>
  readonly health: Health
  readonly metrics: Pick<Metrics, 'lastHour' | 'loadedAt'>
}

/** The page as it is now. */
export async function renderInternal ({ loaded, clock, fetches, health, metrics }: PageSources): Promise<string> {
  const now = clock()
  const state = loaded()
  const { config, snapshot } = state
  const sets = [...snapshot.sets.values()]
  const known = await fetches()
  const planned = sets.map(set => lookAhead(set, config, now, known))
  const problems = findProblems(health, state, now)
  const sentence = summarize(problems, planned, now)
  return layOut({
    host: config.url.host,
    sentence,
    mood: sentence.startsWith('All well') ? 'well' : 'ill',
    now,
    main: [
      problems.length > 0 && showProblems(problems),
      planned.map(({ set, held }) => showSet(set, {
        snapshot,
        url: config.url,
        now,
        directory: config.keys,
        schedule: scheduleOf(config.sets.get(set.name)?.rotation?.every),
        more: [
          listHeld(held, now), listConsumers(set, { config, snapshot, fetches: known }, now),
          listVendors(set, config, now), showCommands(set, now)
        ]
      })),
      showHour(metrics.lastHour.read(), state, now),
      showChecks(state, now),
      showServer(state, { now, loadedAt: metrics.loadedAt() })
    ],
    footer: html`<a href="/docs">API of this listener</a> <a href="/metrics">Metrics</a> <a href="/readyz">Readiness</a>`
  })
}

function scheduleOf (every: number | undefined): string {
  return every === undefined ? '' : ` · rotated every ${formatDuration(every)}`
}

function showProblems (problems: readonly Fault[]): Html {
  return html`<section aria-labelledby="problems"><h2 id="problems">What is wrong</h2>
<ul class="list">${problems.map(({ where, problem, hint }) => html`<li><strong>${where}</strong>: ${problem}<span class="hint">${hint}</span></li>`)}</ul></section>`
}

/** Commands for a shell on the server. */
function showCommands (set: KeySet, now: number): Html {
  const commands = [
    [`jwksd rotate ${set.name}`, 'the next due step of a rotation, with its plan'],
    [`jwksd status ${set.name}`, 'this section in a terminal'],
    ...set.keys.filter(key => ['pre-activation', 'active', 'deactivated'].includes(stateOf(set, key, now)))
      .map(({ kid }) => [`jwksd revoke ${shellWord(kid)}`, 'only when the private key is compromised'])
  ] as const
  return html`<details><summary>Commands</summary><ul class="list">${commands.map(([command, purpose]) =>
    html`<li>${copyable(command!, command!)}<span class="hint">${purpose}</span></li>`)}</ul></details>`
}

function showHour (hour: readonly HourOfClient[], { snapshot: { policy } }: Loaded, now: number): Html {
  const names = [...new Set([...policy.clients.keys(), ...hour.map(({ client }) => client)])]
  const rows = names.map(name => {
    const { signed, refused } = hour.find(({ client }) => client === name) ?? { signed: 0, refused: new Map<string, number>() }
    const count = [...refused.values()].reduce((sum, one) => sum + one, 0)
    const reasons = [...refused].sort(([, a], [, b]) => b - a).map(([code, times]) => `${code} ${times}`).join(', ')
    const ends = policy.clients.get(name)?.apiKeys.map(({ expires = Infinity }) => expires) ?? []
    const end = Math.max(...ends)
    return [name === 'none' ? 'not authenticated' : name, signed, [count, reasons && html` <span class="quiet">${reasons}</span>`], Number.isFinite(end) ? moment(end, now, true) : '–']
  })
  return html`<section aria-labelledby="hour"><div class="head"><h2 id="hour">Clients in the last hour</h2><p>a restart begins at zero</p></div>
${rows.length === 0
  ? html`<p class="quiet">There are no clients.</p>`
  : tableOf('Clients in the last hour', ['client', 'signed', 'refused', 'API key until'], rows)}</section>`
}

function showServer (state: Loaded, { now, loadedAt }: { now: number, loadedAt: number }): Html {
  const { warnings, config } = state
  return html`<section aria-labelledby="server"><h2 id="server">Server</h2>
<dl>
<dt>Files in force since</dt><dd>${moment(loadedAt, now, true)}</dd>
<dt>Looks at them every</dt><dd>${formatDuration(config.reload.interval)}, and on each change</dd>
${expiries(state).map(({ listener, at }) => html`<dt>Certificate, ${listener}</dt><dd>expires ${moment(at, now, true)}</dd>`)}
</dl>
${warnings.length > 0 && html`<h3>Warnings</h3><ul class="list">${warnings.map(warning => html`<li>${warning}</li>`)}</ul>`}</section>`
}
