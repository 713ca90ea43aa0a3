import { z } from 'zod';
import { ProblemError, problemOf, sentence } from '../pipeline/problem.ts';
import type { ConsulAnswer, Registration } from '../pipeline/snapshot.ts';
import type { Client } from './client.ts';
import { decode } from './decode.ts';
import { readHeaders } from './headers.ts';
import { emptyProblem, type ServiceQuery } from './judge.ts';

const Names = z.record(z.string(), z.unknown());

/** What the leader said, which is what counts from then on. */
export interface Confirmed {
  readonly value: readonly Registration[];
  readonly index: bigint;
}

/**
 * Takes a second look at an empty answer, a consistent one. If that has instances, it is the answer; if
 * it is empty too, the token must still see some service. Throws a ProblemError where the empty answer
 * is not to be believed. A token that can read `web1` alone never confirms that it is gone: give it the
 * service `consul` as well.
 */
export async function confirmEmpty(
  client: Client,
  query: ServiceQuery,
  held: ConsulAnswer | undefined,
  signal: AbortSignal,
): Promise<Confirmed> {
  try {
    const again = await client.query(query, { consistent: true }, signal);
    // A consistent read comes from the leader, which is never stale.
    const { filtered, index } = readHeaders(again.headers, 0);
    const value = decode(query, again.body);
    if (value.length === 0) await expectRights(client, query, filtered, signal);
    return { value, index };
  } catch (thrown) {
    throw new ProblemError(emptyProblem(query.service, sentence(problemOf(thrown)), held));
  }
}

async function expectRights(
  client: Client,
  query: ServiceQuery,
  filtered: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (filtered) throw new ProblemError({ what: 'Consul hid instances from the token' });
  const names = Names.safeParse((await client.services(query.datacenter, signal)).body);
  if (!names.success) throw new ProblemError({ what: "the list of services is not built as Consul's is" });
  if (Object.keys(names.data).length === 0) {
    throw new ProblemError({ what: 'the token sees no service at all' });
  }
}
