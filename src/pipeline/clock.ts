import type { Clock } from './ports.ts';

/**
 * The process's own clock: set by the machine's at the start, monotonic from then on, so that a jump of
 * the machine's clock neither ends a wait nor stretches it. Fractions of a millisecond count.
 */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  // Not the one of `node:timers/promises`: each that is cut short makes an error there, with a stack.
  sleep(ms, signal) {
    if (signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    // Node's timers hold at most 2^31 - 1 ms.
    const timer = setTimeout(end, Math.min(ms, 2 ** 31 - 1));
    signal.addEventListener('abort', end);
    return promise;
  },
};
