import { z } from 'zod';
import { ProblemError } from '../pipeline/problem.ts';
import type { Client } from './client.ts';

/** `/v1/catalog/services`: tags by name. */
const Names = z.record(z.string(), z.unknown());

/** The names of all services that the token may see. An empty `datacenter` is the agent's own. */
export async function readCatalog(
  client: Client,
  datacenter: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names = Names.safeParse((await client.services(datacenter, { consistent: true }, signal)).json());
  if (!names.success) throw new ProblemError({ what: "the list of services is not built as Consul's is" });
  return Object.keys(names.data);
}
