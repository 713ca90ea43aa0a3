import type { Clock } from '../../src/pipeline/ports.ts';

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves on by `ms`, waking whoever sleeps until then, in order, and lets them run. */
  advance(ms: number): Promise<void>;
}

export function manualClock(start = 0): ManualClock {
  let time = start;
  let sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

  return {
    now: () => time,
    sleep(ms, signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const sleeper = { at: time + ms, wake: resolve };
        sleepers.push(sleeper);
        signal.addEventListener('abort', () => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          resolve();
        });
      });
    },
    async advance(ms) {
      const end = time + ms;
      await settled();
      for (;;) {
        const next = sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        sleepers = sleepers.filter((one) => one !== next);
        time = Math.max(time, next.at);
        next.wake();
        await settled();
      }
      time = end;
      await settled();
    },
  };
}
