import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../pipeline/problem.ts';
import type { ConsulAnswer, ConsulQuery, Registration } from '../pipeline/snapshot.ts';
import type { Meta } from './headers.ts';

type ServiceQuery = Extract<ConsulQuery, { kind: 'service' }>;

/**
 * What a well-formed answer means.
 *
 *   rewound     its index went backwards: it says nothing, read again without an index
 *   unchanged   the value that is held, perhaps under a newer index (a return is no proof of change)
 *   changed     a new value
 *   doubtful    empty, or older than the last one: a new value if a second look confirms it
 *   refused     empty, and not to be believed
 */
export type Judgement =
  | { readonly kind: 'rewound' | 'unchanged' | 'changed' }
  | { readonly kind: 'doubtful'; readonly why: 'empty' | 'older'; readonly query: ConsulQuery }
  | { readonly kind: 'refused'; readonly problem: Problem };

/**
 * Judges the `value` that came for `query`, asked with index `asked` (0 for none), against the last
 * good answer, or without one against `before`, the index under which an upsync before this one saw
 * instances. An error must never pass for an empty service, and a token that lost its rights makes
 * Consul answer 200 with `[]` and the index of before: hence all the doubt about empty ones. A server that
 * restarts with its data answers stale reads while it goes through its log again, with what was registered then.
 */
export function judge(
  query: ConsulQuery,
  value: readonly Registration[],
  { index, filtered }: Meta,
  asked: bigint,
  held: ConsulAnswer | undefined,
  before?: string,
): Judgement {
  if (index < asked) return { kind: 'rewound' };
  const last = held?.index ?? before;
  if (query.kind === 'service' && value.length === 0) {
    if (filtered) return disbelieved(query.service, 'Consul hid instances from the token', held);
    if (last === undefined) return { kind: 'doubtful', why: 'empty', query };
    if (held?.value.length !== 0) return judgeLoss(query, index, BigInt(last), held);
  }
  // Also where it says the same: what a server tells next, as it goes on through its log, would pass for newer.
  if (last !== undefined && index < BigInt(last)) return { kind: 'doubtful', why: 'older', query };
  return { kind: held !== undefined && isDeepStrictEqual(value, held.value) ? 'unchanged' : 'changed' };
}

/** There were instances under the index `last`, and now there are none. */
function judgeLoss(
  query: ServiceQuery,
  index: bigint,
  last: bigint,
  held: ConsulAnswer | undefined,
): Judgement {
  if (index > last) return { kind: 'doubtful', why: 'empty', query };
  return disbelieved(
    query.service,
    index === last
      ? `Consul's index ${index} has not moved since it had instances, so the token may have lost its rights`
      : `Consul's index ${index} is behind ${last}, when it had instances, so Consul may have lost its state`,
    held,
  );
}

function disbelieved(service: string, why: string, held: ConsulAnswer | undefined): Judgement {
  return { kind: 'refused', problem: emptyProblem(service, why, held) };
}

/** The words for an empty answer that does not enter the snapshot. */
export function emptyProblem(service: string, why: string, held: ConsulAnswer | undefined): Problem {
  const count = held?.value.length ?? 0;
  const kept = count === 0 ? '' : ` (${count} ${count === 1 ? 'instance stays' : 'instances stay'})`;
  return {
    what: `empty answer for ${service} not believed: ${why}${kept}`,
    remedy: `check the token's rights and ask Consul for ${service} by hand`,
  };
}
