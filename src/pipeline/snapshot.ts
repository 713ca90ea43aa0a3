import type {
  CatalogQuery,
  HostQuery,
  KeyQuery,
  NodeQuery,
  NodesQuery,
  Query,
  QueryKey,
  ServiceQuery,
  TreeQuery,
} from './query.ts';

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

/** A service of the catalog; values not checked. */
export interface CatalogEntry {
  readonly name: string;
  /** Those of all its instances together, sorted. */
  readonly tags: readonly string[];
}

/** A node of the catalog; values not checked. */
export interface NodeEntry {
  readonly datacenter: string;
  readonly node: string;
  readonly address: string;
  readonly meta: Readonly<Record<string, string>>;
}

/** A key with its text, which may be any. */
export interface KeyEntry {
  readonly path: string;
  readonly value: string;
}

/** A query, and the value that was told. */
interface Told<Q extends Query, Value> {
  readonly query: Q;
  readonly value: Value;
}

/** Sorted by datacenter, node and id; by distance, where the query says near what. */
type ServiceTold = Told<ServiceQuery, readonly Registration[]>;
type NodeTold = Told<NodeQuery, readonly Registration[]>;
/** Sorted by name. */
type CatalogTold = Told<CatalogQuery, readonly CatalogEntry[]>;
/** Sorted by datacenter and name; by distance, where the query says near what. */
type NodesTold = Told<NodesQuery, readonly NodeEntry[]>;
/** Undefined: there is no such key. */
type KeyTold = Told<KeyQuery, string | undefined>;
/** Sorted by path, without the empty keys that stand for folders. */
type TreeTold = Told<TreeQuery, readonly KeyEntry[]>;

export type ConsulTold = ServiceTold | NodeTold | CatalogTold | NodesTold | KeyTold | TreeTold;

interface Dated {
  /** `X-Consul-Index`, decimal. */
  readonly index: string;
  /** When this value was first seen, in ms since the epoch. */
  readonly since: number;
}

export type ConsulAnswer = ConsulTold & Dated;

export interface HostAnswer extends Told<HostQuery, readonly string[]> {
  readonly since: number;
}

/**
 * The last *good* answer to a query: an error never replaces it, and an empty one only after it was
 * confirmed (DESIGN 3.5). The value of a `HostAnswer` is IP literals, sorted; none where the name was never resolved.
 */
export type Answer = ConsulAnswer | HostAnswer;

export type ConsulQuery = ConsulTold['query'];

export function isConsulQuery(query: Query): query is ConsulQuery {
  return query.kind !== 'host';
}

/** An answer to a query of this kind. */
export type AnswerTo<K extends Query['kind']> = Extract<Answer, { query: { kind: K } }>;

export function isAnswerTo<K extends Query['kind']>(
  kind: K,
  answer: Answer | undefined,
): answer is AnswerTo<K> {
  return answer?.query.kind === kind;
}

/** An answer that holds registrations. */
export type Registered = AnswerTo<'service' | 'node'>;

export function isRegistered(answer: Answer | undefined): answer is Registered {
  return isAnswerTo('service', answer) || isAnswerTo('node', answer);
}

/** Whether nothing was found of what was asked for. */
export function isEmpty({ value }: Pick<Answer, 'value'>): boolean {
  return value === undefined || (typeof value !== 'string' && value.length === 0);
}

export type Snapshot = ReadonlyMap<QueryKey, Answer>;

/** Consul's index of each answer that had something. */
export type Indexes = Readonly<Record<QueryKey, string>>;

export function indexesOf(snapshot: Snapshot): Indexes {
  const full = [...snapshot].flatMap(([key, answer]) =>
    'index' in answer && !isEmpty(answer) ? [[key, answer.index] as const] : [],
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
