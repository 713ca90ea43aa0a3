import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../pipeline/problem.ts';
import { type ConsulAnswer, type ConsulQuery, type ConsulTold, isEmpty } from '../pipeline/snapshot.ts';
import { emptyProblem, shorterProblem } from './empty-problem.ts';
import type { Meta } from './headers.ts';

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
 * Judges what was `told`, asked with index `asked` (0 for none), against the last
 * good answer, or without one against `before`, the index under which an upsync before this one saw
 * something there. An error must never pass for an empty service, and a token that lost its rights makes
 * Consul answer 200 with `[]` and the index of before: hence all the doubt about empty ones. A server that
 * restarts with its data answers stale reads while it goes through its log again, with what was registered then.
 */
export function judge(
  told: ConsulTold,
  { index, filtered }: Meta,
  asked: bigint,
  held: ConsulAnswer | undefined,
  before?: string,
): Judgement {
  const { query } = told;
  if (index < asked) return { kind: 'rewound' };
  const last = held?.index ?? before;
  if (mustBeDoubted(told)) {
    if (filtered) return disbelieved(query, 'Consul hid instances from the token', held);
    if (last === undefined) return { kind: 'doubtful', why: 'empty', query };
    if (held === undefined || !isEmpty(held)) return judgeLoss(query, index, BigInt(last), held);
  }
  if (held !== undefined && index < BigInt(held.index) && lacksSome(told, held))
    return {
      kind: 'refused',
      problem: shorterProblem(query, behind(query, index, BigInt(held.index)), held),
    };
  // Also where it says the same: what a server tells next, as it goes on through its log, would pass for newer.
  if (last !== undefined && index < BigInt(last)) return { kind: 'doubtful', why: 'older', query };
  return { kind: held !== undefined && isDeepStrictEqual(told.value, held.value) ? 'unchanged' : 'changed' };
}

/** A node may have nothing on it: it is asked for only while servers are kept, and takes none away. */
function mustBeDoubted(told: ConsulTold): boolean {
  return told.query.kind !== 'node' && isEmpty(told);
}

/** Something was there under the index `last`, and now there is nothing. */
function judgeLoss(
  query: ConsulQuery,
  index: bigint,
  last: bigint,
  held: ConsulAnswer | undefined,
): Judgement {
  if (index > last) return { kind: 'doubtful', why: 'empty', query };
  return disbelieved(
    query,
    index === last
      ? `Consul's index ${index} has not moved since it had ${somethingOf(query)}, so the token may have lost its rights`
      : behind(query, index, last),
    held,
  );
}

function behind(query: ConsulQuery, index: bigint, last: bigint): string {
  return `Consul's index ${index} is behind ${last}, when it had ${somethingOf(query)}, so Consul may have lost its state`;
}

/** Whether a list has lost some of its names. It is not empty where Consul lost its state: its servers are in it themselves. */
function lacksSome(told: ConsulTold, held: ConsulTold): boolean {
  const names = new Set(namesIn(told));
  return namesIn(held).some((name) => !names.has(name));
}

/** None of what is no list, or one that its own instances make up: there each is judged by its health. */
function namesIn(told: ConsulTold): readonly string[] {
  if (isOf('services', told)) return told.value.map(({ name }) => name);
  if (isOf('nodes', told)) return told.value.map(({ datacenter, node }) => `${datacenter}/${node}`);
  return isOf('tree', told) ? told.value.map(({ path }) => path) : [];
}

function isOf<K extends ConsulQuery['kind']>(
  kind: K,
  told: ConsulTold,
): told is Extract<ConsulTold, { query: { kind: K } }> {
  return told.query.kind === kind;
}

function somethingOf({ kind }: ConsulQuery): string {
  return kind === 'service' ? 'instances' : kind === 'key' ? 'it' : 'some';
}

function disbelieved(query: ConsulQuery, why: string, held: ConsulAnswer | undefined): Judgement {
  return { kind: 'refused', problem: emptyProblem(query, why, held) };
}
