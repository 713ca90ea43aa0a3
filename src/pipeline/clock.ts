import { setTimeout } from 'node:timers/promises';
import type { Clock } from './ports.ts';

/**
 * The process's own clock: set by the machine's at the start, monotonic from then on, so that a jump of
 * the machine's clock neither ends a wait nor stretches it. Fractions of a millisecond count.
 */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  async sleep(ms, signal) {
    if (signal.aborted) return;
    // Node's timers hold at most 2^31 - 1 ms.
    await setTimeout(Math.min(ms, 2 ** 31 - 1), undefined, { signal }).catch(() => undefined);
  },
};
