import { encodedPath } from '../pipeline/query.ts';
import type { ConsulQuery } from '../pipeline/snapshot.ts';
import type { Remedies } from './request-problem.ts';

/** What is sent for a query. */
export interface Question {
  /** Behind `/v1`. */
  readonly path: string;
  /** Besides the datacenter. */
  readonly parameters: Readonly<Record<string, string>>;
  /** 404 means that there is no such key. */
  readonly mayBeMissing: boolean;
  readonly remedies?: Remedies;
}

export function questionOf(query: ConsulQuery): Question {
  const parameters: Record<string, string> = {};
  if (query.namespace) parameters.ns = query.namespace;
  if (query.partition) parameters.partition = query.partition;
  if (query.kind === 'service' || query.kind === 'nodes') {
    if (query.peer) parameters.peer = query.peer;
    if (query.near) parameters.near = query.near;
    if (query.filter) parameters.filter = query.filter;
  }
  if (query.kind === 'tree') parameters.recurse = 'true';
  const mayBeMissing = query.kind === 'key' || query.kind === 'tree';
  const remedies = remediesOf(query);
  return { path: pathOf(query), parameters, mayBeMissing, ...(remedies === undefined ? {} : { remedies }) };
}

function pathOf(query: ConsulQuery): string {
  switch (query.kind) {
    case 'service':
      return `/health/service/${encodeURIComponent(query.service)}`;
    case 'node':
      return `/catalog/node/${encodeURIComponent(query.node)}`;
    case 'services':
      return '/catalog/services';
    case 'nodes':
      return '/catalog/nodes';
    case 'key':
      return `/kv/${encodedPath(query.path)}`;
    case 'tree':
      return `/kv/${encodedPath(query.prefix)}`;
  }
}

function remediesOf(query: ConsulQuery): Remedies | undefined {
  switch (query.kind) {
    case 'key':
      return { rights: `key ${JSON.stringify(query.path)} with policy "read"` };
    case 'tree':
      return { rights: `key_prefix ${JSON.stringify(query.prefix)} with policy "read"` };
    default:
      return undefined;
  }
}
