import type { ConsulQuery, ConsulTold } from '../pipeline/snapshot.ts';
import { byNode, fromNodes, fromServices } from './decode-catalog.ts';
import { fromKey, fromTree } from './decode-kv.ts';
import { byKey, fromHealth, fromNode } from './decode-registrations.ts';

/*
 * What is used of Consul's answers; zod drops the rest. Go writes an empty list or map as null.
 */

/** What an answer's body tells. Throws a ProblemError where its structure is not Consul's. */
export function decode(query: ConsulQuery, body: unknown): ConsulTold {
  switch (query.kind) {
    case 'service': {
      const found = fromHealth(body);
      return { query, value: query.near ? found : found.sort(byKey) };
    }
    case 'node':
      return { query, value: fromNode(body).sort(byKey) };
    case 'services':
      return { query, value: fromServices(body) };
    case 'nodes': {
      const found = fromNodes(body);
      return { query, value: query.near ? found : found.sort(byNode) };
    }
    case 'key':
      return { query, value: fromKey(query.path, body) };
    case 'tree':
      return { query, value: fromTree(body) };
  }
}
