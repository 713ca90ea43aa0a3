import type { Proof } from '../pipeline/outcome.ts';
import type { Clock } from '../pipeline/ports.ts';
import { isMaster, workersOf } from './processes.ts';
import { testifyAll } from './proof.ts';
import { runningTime } from './running-time.ts';

/** nginx's master waits 100 ms before it retires the old workers: nothing is proven earlier than that, in ms. */
const handOver = 95;
/** ms between two looks from then on. */
const pause = 5;

/** Whoever starts it again starts it with the release: what it runs is seen then. */
const gone = { what: 'nginx went away during the reload' };

/**
 * A reload is believed when every worker of the generation before is gone or shutting down, and every
 * worker that stands has answered with the digest over a fresh connection (DESIGN 3.3). Draining
 * workers are counted, not awaited.
 */
export async function proveByProcesses(
  target: { readonly master: number; readonly before: ReadonlySet<number>; readonly digest: string },
  ask: string,
  timeout: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Proof> {
  const { master, before, digest } = target;
  const time = runningTime(timeout, clock);
  const answered = new Map<number, string>();
  let remaining = 'old workers still serve';
  await clock.sleep(handOver, signal);
  while (!time.isOver() && !signal.aborted) {
    if (!(await isMaster(master))) return { kind: 'stopped', problem: gone };
    const workers = await workersOf(master);
    const standing = workers.filter(({ draining }) => !draining);
    const old = standing.filter(({ pid }) => before.has(pid));
    if (old.length === 0 && standing.length > 0) {
      // Twice as many connections at once as there are workers, so that each is likely to take one.
      for (const { pid, digest } of await testifyAll(ask, 2 * standing.length, signal))
        answered.set(pid, digest);
      const silent = standing.filter(({ pid }) => answered.get(pid) !== digest);
      if (silent.length === 0) {
        return {
          kind: 'proven',
          by: 'processes',
          workers: standing.length,
          draining: workers.length - standing.length,
        };
      }
      remaining = `${silent.length} of ${standing.length} workers do not answer with it`;
    } else {
      remaining =
        standing.length === 0
          ? 'nginx has no worker'
          : `${old.length} workers still run the configuration before (pid ${old.map(({ pid }) => pid).join(' ')})`;
    }
    await clock.sleep(pause, signal);
  }
  return {
    kind: 'unproven',
    problem: {
      what: `nginx does not run release ${digest} ${timeout / 1000} s after the reload: ${remaining}`,
      remedy:
        "nginx's error log says why (a taken listen port, a full disk; by push, a managed folder that its workers may not read)",
    },
  };
}
