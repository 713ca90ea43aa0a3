import type { Scope } from '../pipeline/query.ts';
import type { Client } from './client.ts';
import { fromServices } from './decode-catalog.ts';

/** The names of all services that the token may see there. */
export async function readCatalog(
  client: Client,
  { datacenter, namespace = '', partition = '' }: Scope,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const query = { kind: 'services', datacenter, namespace, partition } as const;
  const reply = await client.query(query, { consistent: true }, signal);
  return fromServices(reply.json()).map(({ name }) => name);
}
