import { Doze } from './doze.ts';
import type { WaitPlan } from './plan.ts';
import type { Clock } from './ports.ts';

/**
 * A signal of capacity one that says "look again", and when. A change that comes alone goes at once
 * (leading edge); one of a burst waits for `min` of quiet, at most `max` (trailing edge). With `splay`, the first
 * change draws a random time that it waits at least, and what comes meanwhile joins it. What is saved by waiting is
 * reloads: where the last change took none, the next ones wait a tenth of both times.
 */
export interface Quiescence {
  /** Something in the data changed. */
  change(): void;
  /** Look again at once, whatever the quiet time: nobody's data changed. */
  nudge(): void;
  /** The next change goes at once too: nothing was done yet that it could wait behind. */
  skipQuiet(): void;
  /** How the last change reached nginx. */
  reached(by: 'reload' | 'push'): void;
  /** Resolves when it is time to look, with the time of the first change that waits; at the latest at `wakeAt`. */
  next(wakeAt: number | undefined, signal: AbortSignal): Promise<number | undefined>;
}

export function quiescence(
  { min, max, splay = 0 }: WaitPlan,
  clock: Clock,
  random = Math.random,
): Quiescence {
  let first: number | undefined;
  let spread = 0;
  let last = Number.NEGATIVE_INFINITY;
  let alone = true;
  let hurried = false;
  let nudged = false;
  let share = 1;
  const doze = new Doze(clock);

  /** When to look for what waits now. */
  const due = (): number | undefined => {
    if (nudged) return clock.now();
    if (first === undefined) return undefined;
    return Math.max(first + spread, alone ? first : Math.min(last + share * min, first + share * max));
  };

  return {
    change() {
      const now = clock.now();
      if (first === undefined) {
        first = now;
        alone = now - last >= share * min;
        spread = hurried ? 0 : random() * splay;
      }
      last = now;
      doze.wake();
    },
    nudge() {
      nudged = true;
      doze.wake();
    },
    skipQuiet() {
      last = Number.NEGATIVE_INFINITY;
      alone = true;
      hurried = true;
      spread = 0;
    },
    reached(by) {
      share = by === 'push' ? 0.1 : 1;
    },
    async next(wakeAt, signal) {
      while (!signal.aborted) {
        const at = Math.min(due() ?? Number.POSITIVE_INFINITY, wakeAt ?? Number.POSITIVE_INFINITY);
        const delay = at - clock.now();
        if (delay <= 0) break;
        await doze.sleep(delay, signal);
      }
      const since = first;
      first = undefined;
      hurried = false;
      nudged = false;
      return since;
    },
  };
}
