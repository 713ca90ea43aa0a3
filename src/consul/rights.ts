import { ProblemError } from '../pipeline/problem.ts';
import type { ServiceQuery, TreeQuery } from '../pipeline/query.ts';
import { type ConsulAnswer, type ConsulQuery, isAnswerTo, isEmpty } from '../pipeline/snapshot.ts';
import { readCatalog } from './catalog.ts';
import type { Client } from './client.ts';
import { decode } from './decode.ts';

/**
 * Rejects unless the token is seen to have the rights without which an answer would be empty too. A token that can read
 * `web1` alone never confirms that it is gone: give it the service `consul` as well.
 */
export async function expectRights(
  client: Client,
  query: ConsulQuery,
  held: ConsulAnswer | undefined,
  signal: AbortSignal,
): Promise<void> {
  const finds = async (other: ConsulQuery) =>
    !isEmpty(decode(other, (await client.query(other, { consistent: true }, signal)).json()));
  switch (query.kind) {
    case 'service': {
      // Whoever sees the instances that the filter leaves out would see the others too.
      if (query.filter && (await finds({ ...query, filter: '' }))) return;
      return expectUnlisted(query, await readCatalog(client, query, signal));
    }
    case 'services':
      // Consul's servers are a service themselves.
      throw new ProblemError({ what: 'the token sees no service at all' });
    case 'nodes':
      // Consul's servers are nodes themselves.
      if (query.filter && (await finds({ ...query, filter: '' }))) return;
      throw new ProblemError({ what: 'the token sees no node at all' });
    case 'tree':
      // A list leaves out what the token may not read, as if it were not there; a single key is denied.
      await client.query(oneOf(query, held), { consistent: true }, signal);
      return;
    // Without the right to read it a key is denied, not missing.
    case 'key':
    case 'node':
  }
}

function expectUnlisted({ service, peer }: ServiceQuery, names: readonly string[]): void {
  if (names.length === 0) throw new ProblemError({ what: 'the token sees no service at all' });
  // To list a service takes no right to read nodes, to show its instances does. One that joined between the
  // two reads only puts this off to the next. The list says nothing of what a peer exports.
  if (!peer && names.includes(service)) {
    throw new ProblemError({
      what: 'Consul lists it, so the token may lack node_prefix "" { policy = "read" }',
    });
  }
}

function oneOf({ prefix, kind: _, ...scope }: TreeQuery, held: ConsulAnswer | undefined): ConsulQuery {
  const path = isAnswerTo('tree', held) ? held.value[0]?.path : undefined;
  return { kind: 'key', path: path ?? prefix, ...scope };
}
