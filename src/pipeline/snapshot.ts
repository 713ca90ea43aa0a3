import type { Query, QueryKey } from './query.ts';

/**
 * The worst of an instance's checks, the node's included. Maintenance is a critical check whose id
 * begins with `_service_maintenance:` or is `_node_maintenance`. `unknown` where the answer carries
 * no checks (the catalog).
 */
export type Health = 'passing' | 'warning' | 'critical' | 'maintenance' | 'unknown';

/** How many instances are in each state; one that none is in is left out. */
export type HealthCounts = Readonly<Partial<Record<Health, number>>>;

export function countByHealth(registrations: readonly Registration[]): HealthCounts {
  const counts: Partial<Record<Health, number>> = {};
  for (const { health } of registrations) counts[health] = (counts[health] ?? 0) + 1;
  return counts;
}

/** One registration as Consul tells it: structure checked, values not yet (anyone may have written them). */
export interface Registration {
  readonly datacenter: string;
  readonly node: string;
  readonly id: string;
  readonly service: string;
  /** `Service.Address`, or `Node.Address` where that is empty. */
  readonly address: string;
  /** Of the node itself. */
  readonly nodeAddress: string;
  readonly port: number;
  readonly weights: { readonly passing: number; readonly warning: number };
  readonly health: Health;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
}

/**
 * The last *good* answer to a query: an error never replaces it, and an empty one only after it was
 * confirmed (DESIGN 3.5).
 */
export type Answer = ConsulAnswer | HostAnswer;

export interface ConsulAnswer {
  readonly query: ConsulQuery;
  readonly value: readonly Registration[];
  /** `X-Consul-Index`, decimal. */
  readonly index: string;
  /** When this value was first seen, in ms since the epoch. */
  readonly since: number;
}

export type ConsulQuery = Exclude<Query, { kind: 'host' }>;

export function isConsulQuery(query: Query): query is ConsulQuery {
  return query.kind !== 'host';
}

export interface HostAnswer {
  readonly query: Extract<Query, { kind: 'host' }>;
  /** IP literals, sorted; none where the name was never resolved. */
  readonly value: readonly string[];
  readonly since: number;
}

export function isHostAnswer(answer: Answer | undefined): answer is HostAnswer {
  return answer?.query.kind === 'host';
}

export type Snapshot = ReadonlyMap<QueryKey, Answer>;

/** Consul's index of each answer that had instances. */
export type Indexes = Readonly<Record<QueryKey, string>>;

export function indexesOf(snapshot: Snapshot): Indexes {
  const full = [...snapshot].flatMap(([key, answer]) =>
    !isHostAnswer(answer) && answer.value.length > 0 ? [[key, answer.index] as const] : [],
  );
  return Object.fromEntries(full);
}

/** Whether any answer that is still wanted has another value by now. An unchanged value stays the same object. */
export function isOutdated(snapshot: Snapshot, newest: Snapshot): boolean {
  return [...newest].some(([key, { value }]) => snapshot.has(key) && snapshot.get(key)?.value !== value);
}

/** A Consul that lost its state counts anew. That an index moves on is not worth a write. */
export function wentBack(before: Indexes, now: Indexes): boolean {
  return Object.entries(now).some(([key, index]) => BigInt(index) < BigInt(before[key] ?? 0));
}
