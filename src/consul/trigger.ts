import { problemOf } from '../pipeline/problem.ts';
import type { Failures } from './failures.ts';
import { readHeaders } from './headers.ts';
import { Pace } from './pace.ts';
import type { Reply } from './reply.ts';
import type { Shared } from './shared.ts';
import { type Moved, moved, type Traces } from './traces.ts';

/** A question about a whole datacenter, followed only to know what else to read. */
export interface Trigger {
  /** For people. */
  readonly where: string;
  readonly failures: Failures;
  /** Past an index it waits for a change. */
  read(after: bigint | undefined, signal: AbortSignal): Promise<Reply>;
  traces(body: unknown): Traces;
  /** There is nothing yet to compare with: whatever was read before `at` may have changed since. May reject. */
  anew(at: number): Promise<void>;
  /** Its index is `index` now, and this is what its answer shows of it, at `at`. Rejects where it could not find out. */
  moved(what: Moved, index: bigint, at: number): Promise<void>;
  /** It cannot be followed for now. */
  lost(): void;
}

/**
 * Follows a trigger until `signal` aborts, and never rejects. As in a watch, a failure or an index that went
 * backwards forgets all: the next answer is compared with nothing.
 */
export async function followTrigger(
  trigger: Trigger,
  { clock, maxStale, tuning }: Shared,
  signal: AbortSignal,
): Promise<void> {
  const pace = new Pace(tuning.burst, tuning.triggerInterval);
  let last: { readonly traces: Traces; readonly index: bigint } | undefined;
  while (!signal.aborted) {
    const turn = pace.turn(clock.now(), tuning.triggerInterval);
    if (turn > 0) await clock.sleep(turn, signal);
    if (signal.aborted) return;
    try {
      const reply = await trigger.read(last?.index, signal);
      const at = clock.now();
      const { index } = readHeaders(reply.headers, maxStale);
      const traces = trigger.traces(reply.json());
      const before = last !== undefined && index >= last.index ? last : undefined;
      last = undefined;
      if (before === undefined) await trigger.anew(at);
      else if (index > before.index) await trigger.moved(moved(before.traces, traces), index, at);
      last = { traces, index };
      trigger.failures.end();
    } catch (thrown) {
      last = undefined;
      if (signal.aborted) return;
      trigger.lost();
      const problem = { where: trigger.where, ...problemOf(thrown) };
      await clock.sleep(trigger.failures.add(problem), signal);
    }
  }
}
