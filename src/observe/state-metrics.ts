// Gauges of the state in force, computed when they are read: what will happen, and what has been failing. Alerts on them
// come before callers notice. Times of expiry are Unix times: an alert subtracts time().

import { X509Certificate } from 'node:crypto'
import { Gauge, type Registry } from 'prom-client'
import type { Client } from '../core/clients/policy.ts'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import { findHeldKeys } from '../core/keys/gate.ts'
import { type KeyState, lifeOf, nextTransition, stateOf } from '../core/keys/key-set.ts'
import type { Clock } from '../core/time.ts'
import type { Snapshot } from '../state/snapshot.ts'
import type { Failure } from './health.ts'

export interface StateSources {
  readonly current: () => Snapshot
  readonly clock: Clock
  /** What the ledger says. */
  readonly fetches: () => Promise<readonly ConsumerFetches[]>
  /** PEM texts by the name of their listener. */
  readonly certificates: () => Readonly<Record<string, string>>
  /** What fails, by part. */
  readonly failures: () => ReadonlyMap<string, Failure>
}

type Values = Iterable<readonly [labels: Record<string, string>, value: number]>

const STATES: readonly KeyState[] = ['pre-activation', 'active', 'deactivated', 'destroyed', 'compromised']

/** Adds the gauges to a registry. */
export function addStateMetrics (registry: Registry, { current, clock, fetches, certificates, failures }: StateSources): void {
  const add = (name: string, help: string, labelNames: string[], values: () => Values | Promise<Values>): void => {
    registry.registerMetric(new Gauge({
      name,
      help,
      labelNames,
      registers: [],
      async collect () {
        const found = await values()
        this.reset()
        for (const [labels, value] of found) if (Number.isFinite(value)) this.set(labels, value)
      }
    }))
  }
  const sets = () => [...current().sets.values()]
  add('jwksd_keys', 'Keys by set and life cycle state (NIST SP 800-57)', ['set', 'state'], () => sets().flatMap(set =>
    STATES.map(state => [{ set: set.name, state }, set.keys.filter(key => stateOf(set, key, clock()) === state).length] as const)))
  const active = () => sets().flatMap(set => set.keys.filter(key => stateOf(set, key, clock()) === 'active').map(key => ({ set, key })))
  add('jwksd_key_age_seconds', 'How long the active key has signed; absent for a key without a date', ['set', 'alg'],
    () => active().map(({ set, key }) => [{ set: set.name, alg: key.alg }, clock() - lifeOf(set, key).activates]))
  add('jwksd_next_transition_seconds', 'Until a key next begins or ends to sign, or leaves; absent when none does', ['set'],
    () => sets().map(set => [{ set: set.name }, nextTransition(set, clock()) - clock()]))
  const held = async () => {
    const waiting = sets().filter(({ keys }) => keys.some(key => key.held))
    const known = waiting.length > 0 ? await fetches() : []
    return waiting.flatMap(set => findHeldKeys(set, known).map(one => ({ ...one, labels: { set: set.name, alg: one.key.alg } })))
  }
  add('jwksd_held_since_timestamp_seconds', 'When the key that waits for its date was published; absent when none waits', ['set', 'alg'],
    async () => (await held()).map(({ labels, since }) => [labels, since]))
  add('jwksd_gate_deadline_timestamp_seconds', 'When a key that waits for its date has waited too long; absent when none waits', ['set', 'alg'],
    async () => (await held()).map(({ labels, deadline }) => [labels, deadline]))
  const consumers = ['set', 'alg', 'consumer']
  add('jwksd_gate_waits', 'Whether a consumer of the gate lacks the key that waits for its date: 1 or 0', consumers, async () =>
    (await held()).flatMap(({ labels, has, lacks }) => [...has.map(one => [one, 0] as const), ...lacks.map(one => [one, 1] as const)]
      .map(([{ consumer }, value]) => [{ ...labels, consumer }, value])))
  add('jwksd_certificate_expiry_timestamp_seconds', 'When the TLS certificate of a listener expires', ['listener'], () =>
    Object.entries(certificates()).map(([listener, cert]) => [{ listener }, Date.parse(new X509Certificate(cert).validTo) / 1000]))
  const lastExpiry = ({ apiKeys }: Client): number => Math.max(...apiKeys.map(({ expires = Infinity }) => expires))
  add('jwksd_api_key_expiry_timestamp_seconds', 'When the last API key of a client expires; absent when one never does', ['client'],
    () => [...current().policy.clients.values()].map(client => [{ client: client.name }, lastExpiry(client)]))
  add('jwksd_failing_seconds', 'How long a part of the work has been failing, as /readyz says; absent for what works', ['part'], () =>
    [...failures()].map(([part, { since }]) => [{ part }, clock() - since]))
}
