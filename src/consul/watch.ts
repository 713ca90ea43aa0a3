import { isDeepStrictEqual } from 'node:util';
import { type Problem, ProblemError, problemOf } from '../pipeline/problem.ts';
import { queryKey } from '../pipeline/query.ts';
import type { ConsulAnswer, ConsulQuery, ConsulTold } from '../pipeline/snapshot.ts';
import { confirm } from './confirm.ts';
import { isTold } from './datacenter.ts';
import { decode } from './decode.ts';
import { eventOf } from './event-of.ts';
import { Failures } from './failures.ts';
import { readHeaders } from './headers.ts';
import { judge } from './judge.ts';
import { Pace } from './pace.ts';
import { Post } from './post.ts';
import type { Shared } from './shared.ts';
import type { Sharing } from './sharing.ts';
import type { Slots } from './slots.ts';

/** What the watches of one feed share. */
interface Common extends Shared {
  readonly slots: Slots;
  readonly sharing: Sharing;
}

/** A good answer; `ms` went by between its arrival and the end of its judgement, a second look included. */
interface Good {
  readonly kind: 'good';
  readonly told: ConsulTold;
  /** Of the body that has this value; undefined where a second look had it. */
  readonly digest: string | undefined;
  readonly index: bigint;
  /** Consul's index is lower than it was, and it means that: it has another state. */
  readonly restarted: boolean;
  readonly changed: boolean;
  readonly ms: number;
}

type Look = Good | { readonly kind: 'rewound' } | { readonly kind: 'failed'; readonly problem: Problem };

/**
 * Follows one query until `signal` aborts:
 *
 *          ┌────────────── rewound: index 0 ──────────────┐
 *          ▼                                              │
 *   read at once ── good ──▶ block past its index ── good ┤
 *          ▲                 or wait to be called, read   │
 *          │                      ▲                       │
 *          │                      └───────────────────────┤
 *          └── failed: back off, index 0 ◀────────────────┘
 *
 * A failure forgets the index, since a Consul that lost its state would sit out the whole wait on an
 * index that it has not reached. It never ends the watch and never touches the last good answer.
 *
 * `before`: under which index an upsync before this one saw instances.
 */
export async function watch(
  query: ConsulQuery,
  before: string | undefined,
  common: Common,
  signal: AbortSignal,
): Promise<void> {
  const { clock, report, tuning, sharing, answers, onChange } = common;
  const pace = new Pace(tuning.burst, tuning.interval);
  const key = queryKey(query);
  const failures = new Failures(key, common);
  const post = new Post(query, clock);
  sharing.join(post);
  const leave = () => {
    sharing.leave(post);
    failures.stop();
  };
  signal.addEventListener('abort', leave, { once: true });
  let held: ConsulAnswer | undefined;
  let digest: string | undefined;
  let index = 0n;
  let changed = false;

  while (!signal.aborted) {
    const end = index > 0n ? await hold(query, common) : undefined;
    if (index > 0n && end === undefined) await post.wait(patience(query, common), signal);
    const turn = pace.turn(clock.now(), changed ? tuning.changedInterval : tuning.interval);
    if (turn > 0) await clock.sleep(turn, signal);
    const give = end ?? (await sharing.turn(post.isUrgent));
    const call = post.take();
    const began = clock.now();
    const read = end === undefined ? { leader: call?.isUrgent ?? false } : { after: index };
    const last = { answer: held, digest, before };
    const found = signal.aborted ? undefined : await look(query, read, last, common, signal);
    give();
    post.isFailing = found?.kind === 'failed';
    if (found?.kind === 'good' && !signal.aborted) {
      held = advance(held, found, clock.now());
      answers.set(key, held);
      digest = found.digest;
      post.readAt = began;
      if (failures.end()) sharing.recovered();
      report(eventOf(held, found));
      if (found.changed || found.restarted) onChange();
    }
    call?.ended.resolve();
    if (found === undefined || signal.aborted) return;
    index = found.kind === 'good' ? found.index : 0n;
    changed = found.kind === 'good' && found.changed;
    if (found.kind === 'failed') await post.wait(failures.add(found.problem), signal);
  }
}

/** Where Consul may hold its next request until something changes: what is to be called after that. */
async function hold(query: ConsulQuery, { sharing, slots }: Common): Promise<(() => void) | undefined> {
  if (sharing.isOn) return isTold(query) ? undefined : sharing.hold();
  return slots.take() ? () => slots.give() : undefined;
}

/**
 * How long a query waits to be called that shares what tells of changes: as a blocking request would, but no two of them
 * as long. What nothing tells of is seen then. Without sharing, for the next slot to come free.
 */
function patience(query: ConsulQuery, { sharing, block, tuning }: Common): number {
  if (!sharing.isOn) return tuning.poll;
  return isTold(query) ? (block * (1 + tuning.random())) / 2 : sharing.poll;
}

/** What is known when a query is read again: its last good answer, that one's digest, and what `watch` was told. */
interface Last {
  readonly answer: ConsulAnswer | undefined;
  readonly digest: string | undefined;
  readonly before: string | undefined;
}

/** One reading of the query, judged. Never rejects. */
async function look(
  query: ConsulQuery,
  read: { readonly after?: bigint; readonly leader?: boolean },
  last: Last,
  { client, clock, maxStale }: Shared,
  signal: AbortSignal,
): Promise<Look> {
  try {
    const reply = await client.query(query, read, signal);
    const arrived = clock.now();
    const meta = readHeaders(reply.headers, maxStale);
    // Most answers to one that asks again are the same to the byte.
    const digest = reply.digest();
    const isSame = last.answer !== undefined && digest === last.digest;
    const told = isSame ? last.answer : decode(query, reply.json());
    const judgement = judge(told, meta, read.after ?? 0n, last.answer, last.before);
    if (judgement.kind === 'rewound') return { kind: 'rewound' };
    if (judgement.kind === 'refused') throw new ProblemError(judgement.problem);
    const ms = () => clock.now() - arrived;
    if (judgement.kind !== 'doubtful') {
      const changed = judgement.kind === 'changed';
      return { kind: 'good', told, digest, index: meta.index, restarted: false, changed, ms: ms() };
    }
    const confirmed = await confirm(client, judgement, last.answer, last.before, signal);
    const changed = last.answer === undefined || !isDeepStrictEqual(confirmed.told.value, last.answer.value);
    const restarted = last.answer !== undefined && confirmed.index < BigInt(last.answer.index);
    return { kind: 'good', ...confirmed, digest: undefined, restarted, changed, ms: ms() };
  } catch (thrown) {
    return { kind: 'failed', problem: { where: client.where(query), ...problemOf(thrown) } };
  }
}

/** The answer to hold from now on: an unchanged value stays the same object, with its `since`. */
function advance(held: ConsulAnswer | undefined, good: Good, now: number): ConsulAnswer {
  const index = String(good.index);
  if (held !== undefined && !good.changed) return { ...held, index };
  return { ...good.told, index, since: now };
}
