import type { Clock } from '../pipeline/ports.ts';

/** What one turn of a loop counts for at most, in ms: a question to nginx ends after 1000. */
const longestTurn = 2000;

/**
 * Whether `timeout` ms are over, asked once in each turn of a loop that looks and waits. Only time in which
 * upsync ran counts: one that was stopped (SIGSTOP, a suspended machine) has seen nothing meanwhile, and
 * must not take its own absence for nginx's.
 */
export function runningTime(timeout: number, clock: Clock): { isOver(): boolean } {
  let last = clock.now();
  let deadline = last + timeout;
  // Two turns at least, however short the time.
  const longest = Math.min(longestTurn, timeout / 2);
  return {
    isOver() {
      const now = clock.now();
      deadline += Math.max(0, now - last - longest);
      last = now;
      return now >= deadline;
    },
  };
}
