import { perObject } from './memo.ts';

/** One question to Consul. Its canonical text, `queryKey`, is its identity. */
export type Query =
  /** `/v1/health/service/:name`, every instance whatever its health. */
  | { readonly kind: 'service'; readonly service: string; readonly datacenter: string }
  /** `/v1/catalog/node/:node`: what else is registered on a node whose servers are kept. */
  | { readonly kind: 'node'; readonly node: string; readonly datacenter: string }
  /** The addresses of a host name, asked of the machine's resolver as nginx would. */
  | { readonly kind: 'host'; readonly name: string };

export type QueryKey = string;

/** An empty `datacenter` means the agent's own. Names are encoded, so that no `@` in one passes for a datacenter. */
export const queryKey = perObject((query: Query): QueryKey => {
  if (query.kind === 'host') return `host:${encodeURIComponent(query.name)}`;
  const name = encodeURIComponent(query.kind === 'service' ? query.service : query.node);
  return `${query.kind}:${name}${query.datacenter === '' ? '' : `@${query.datacenter}`}`;
});
