import { type Problem, ProblemError, problemOf, sentence } from '../pipeline/problem.ts';
import { titleOf } from '../pipeline/query.ts';
import type { ConsulAnswer, ConsulQuery, ConsulTold } from '../pipeline/snapshot.ts';
import type { Client } from './client.ts';
import { decode } from './decode.ts';
import { emptyProblem } from './empty-problem.ts';
import { readHeaders } from './headers.ts';
import { type Judgement, judge } from './judge.ts';
import { expectRights } from './rights.ts';

/** What the leader said, which is what counts from then on. */
export interface Confirmed {
  readonly told: ConsulTold;
  readonly index: bigint;
}

type Doubt = Extract<Judgement, { kind: 'doubtful' }>;

/**
 * Takes a second look at a doubtful answer, a consistent one, and what that has is the answer. If it is empty, the
 * token must be seen to have the rights that it takes. Throws a ProblemError where it is not to be believed.
 */
export async function confirm(
  client: Client,
  { query, why }: Doubt,
  held: ConsulAnswer | undefined,
  before: string | undefined,
  signal: AbortSignal,
): Promise<Confirmed> {
  const { meta, told } = await inWords(query, why, held, async () => {
    const reply = await client.query(query, { consistent: true }, signal);
    // A consistent read comes from the leader, which is never stale.
    return { meta: readHeaders(reply.headers, 0), told: decode(query, reply.json()) };
  });
  const judgement = judge(told, meta, 0n, held, before);
  if (judgement.kind === 'refused') throw new ProblemError(judgement.problem);
  if (judgement.kind === 'doubtful' && judgement.why === 'empty')
    await inWords(query, 'empty', held, () => expectRights(client, query, held, signal));
  return { told, index: meta.index };
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
      why === 'empty' && query.kind !== 'node' ? emptyProblem(query, reason, held) : past(query, reason),
    );
  }
}

function past(query: ConsulQuery, reason: string): Problem {
  const name = query.kind === 'service' ? query.service : titleOf(query);
  return { what: `answer for ${name} not believed: it is older than the last one, and ${reason}` };
}
