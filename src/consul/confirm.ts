import { type Problem, ProblemError, problemOf, sentence } from '../pipeline/problem.ts';
import type { ConsulAnswer, ConsulQuery, Registration } from '../pipeline/snapshot.ts';
import { readCatalog } from './catalog.ts';
import type { Client } from './client.ts';
import { decode } from './decode.ts';
import { readHeaders } from './headers.ts';
import { emptyProblem, type Judgement, judge } from './judge.ts';

/** What the leader said, which is what counts from then on. */
export interface Confirmed {
  readonly value: readonly Registration[];
  readonly index: bigint;
}

type Doubt = Extract<Judgement, { kind: 'doubtful' }>;

/**
 * Takes a second look at a doubtful answer, a consistent one, and what that has is the answer. If it is empty, the
 * token must still see some service. Throws a ProblemError where it is not to be believed. A token that can read
 * `web1` alone never confirms that it is gone: give it the service `consul` as well.
 */
export async function confirm(
  client: Client,
  { query, why }: Doubt,
  held: ConsulAnswer | undefined,
  before: string | undefined,
  signal: AbortSignal,
): Promise<Confirmed> {
  const again = await inWords(query, why, held, async () => {
    const reply = await client.query(query, { consistent: true }, signal);
    // A consistent read comes from the leader, which is never stale.
    return { meta: readHeaders(reply.headers, 0), value: decode(query, reply.json()) };
  });
  const { meta, value } = again;
  if (value.length === 0) {
    const judgement = judge(query, value, meta, 0n, held, before);
    if (judgement.kind === 'refused') throw new ProblemError(judgement.problem);
    if (judgement.kind === 'doubtful' && judgement.why === 'empty')
      await inWords(query, 'empty', held, () => expectRights(client, query, signal));
  }
  return { value, index: meta.index };
}

async function expectRights(client: Client, query: ConsulQuery, signal: AbortSignal): Promise<void> {
  const names = await readCatalog(client, query.datacenter, signal);
  if (names.length === 0) throw new ProblemError({ what: 'the token sees no service at all' });
  // To list a service takes no right to read nodes, to show its instances does. One that joined between the
  // two reads only puts this off to the next.
  if (query.kind === 'service' && names.includes(query.service)) {
    throw new ProblemError({
      what: 'Consul lists it, so the token may lack node_prefix "" { policy = "read" }',
    });
  }
}

/** What is thrown meanwhile, with what it keeps from being believed. */
async function inWords<T>(
  query: ConsulQuery,
  why: Doubt['why'],
  held: ConsulAnswer | undefined,
  look: () => Promise<T>,
): Promise<T> {
  try {
    return await look();
  } catch (thrown) {
    const reason = sentence(problemOf(thrown));
    throw new ProblemError(
      why === 'empty' && query.kind === 'service'
        ? emptyProblem(query.service, reason, held)
        : past(query, reason),
    );
  }
}

function past(query: ConsulQuery, reason: string): Problem {
  const name = query.kind === 'service' ? query.service : query.node;
  return { what: `answer for ${name} not believed: it is older than the last one, and ${reason}` };
}
