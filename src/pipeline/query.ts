import { perObject } from './memo.ts';

/** Of which part of the cluster. Empty, or left out: the agent's own datacenter, and what the token belongs to. */
export interface Scope {
  readonly datacenter: string;
  /** Consul Enterprise's. */
  readonly namespace?: string;
  /** Consul Enterprise's. */
  readonly partition?: string;
}

/** `/v1/health/service/:name`, every instance whatever its health. */
export interface ServiceQuery extends Scope {
  readonly kind: 'service';
  readonly service: string;
  /** The cluster that it is imported from. */
  readonly peer?: string;
  /** A node's name or `_agent`: the instances that are nearest to it come first. */
  readonly near?: string;
  /** An expression that Consul evaluates (https://developer.hashicorp.com/consul/api-docs/features/filtering). */
  readonly filter?: string;
}

/** `/v1/catalog/node/:node`: what else is registered on a node whose servers are kept. */
export interface NodeQuery extends Scope {
  readonly kind: 'node';
  readonly node: string;
}

/** `/v1/catalog/services`: the names of all services, with their tags. */
export interface CatalogQuery extends Scope {
  readonly kind: 'services';
}

/** `/v1/catalog/nodes` */
export interface NodesQuery extends Scope {
  readonly kind: 'nodes';
  readonly peer?: string;
  readonly near?: string;
  readonly filter?: string;
}

/** `/v1/kv/:path`: the text of one key. */
export interface KeyQuery extends Scope {
  readonly kind: 'key';
  readonly path: string;
}

/** `/v1/kv/:prefix?recurse`: all keys that begin with the prefix. */
export interface TreeQuery extends Scope {
  readonly kind: 'tree';
  readonly prefix: string;
}

/** The addresses of a host name, asked of the machine's resolver as nginx would. */
export interface HostQuery {
  readonly kind: 'host';
  readonly name: string;
}

/** One question to Consul, or to the resolver. Its canonical text, `queryKey`, is its identity. */
export type Query = ServiceQuery | NodeQuery | CatalogQuery | NodesQuery | KeyQuery | TreeQuery | HostQuery;

export type QueryKey = string;

/** What narrows a query down, in the order of its key. */
const narrowing = ['namespace', 'partition', 'peer', 'near', 'filter'] as const;

/**
 * `kind:name@datacenter?peer=…&filter=…`, less what is empty. Whatever somebody may have written is encoded, so that no
 * `@` or `?` in a name passes for another part; the slashes of a key stay.
 */
export const queryKey = perObject((query: Query): QueryKey => {
  if (query.kind === 'host') return `host:${encodeURIComponent(query.name)}`;
  const given: Partial<Record<(typeof narrowing)[number], string>> = query;
  const name = encodedName(query);
  const datacenter = encodeURIComponent(query.datacenter);
  const narrowed = narrowing.flatMap((each) =>
    given[each] ? `${each}=${encodeURIComponent(given[each])}` : [],
  );
  return [
    query.kind,
    name === '' ? '' : `:${name}`,
    datacenter === '' ? '' : `@${datacenter}`,
    narrowed.length === 0 ? '' : `?${narrowed.join('&')}`,
  ].join('');
});

function encodedName(query: Query): string {
  const name = nameOf(query);
  return query.kind === 'key' || query.kind === 'tree' ? encodedPath(name) : encodeURIComponent(name);
}

/** A key's path as it stands in a URL. */
export function encodedPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function nameOf(query: Query): string {
  switch (query.kind) {
    case 'service':
      return query.service;
    case 'node':
      return query.node;
    case 'key':
      return query.path;
    case 'tree':
      return query.prefix;
    case 'host':
      return query.name;
    case 'services':
    case 'nodes':
      return '';
  }
}

/** What it asks for, for people: `service web1`, `key app/port`, `tree app/`, `the services`. */
export function titleOf(query: Query): string {
  const at = 'datacenter' in query && query.datacenter !== '' ? `@${query.datacenter}` : '';
  switch (query.kind) {
    case 'services':
    case 'nodes':
      return `the ${query.kind}${at}`;
    default:
      return `${query.kind} ${nameOf(query)}${at}`;
  }
}

/** Each question once. */
export function distinct(queries: readonly Query[]): Query[] {
  return [...new Map(queries.map((query) => [queryKey(query), query])).values()];
}
