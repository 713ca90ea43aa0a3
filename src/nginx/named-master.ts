import type { Clock } from '../pipeline/ports.ts';
import { type Problem, problemOf } from '../pipeline/problem.ts';
import { noMaster, notYet } from './master-problems.ts';
import { isMaster, masterOf } from './processes.ts';
import { runningTime } from './running-time.ts';

/** What the pid file says; `path` is undefined where nobody could say where it is. */
export type Named =
  | { readonly path?: string; readonly master: number }
  | { readonly path?: string; readonly master?: undefined; readonly problem: Problem };

/** How long nginx may take to start, or to write its pid file while it replaces itself (USR2), in ms. */
const patience = 1000;

/**
 * Reads nginx's pid file anew each time, unless nginx is a `child` of ours: then its pid is known. Never rejects.
 */
export function pidFileReader(
  findPidFile: (signal: AbortSignal) => Promise<string>,
  clock: Clock,
  child?: () => number | undefined,
): (signal: AbortSignal) => Promise<Named> {
  let known: { readonly path: string; readonly master: number } | undefined;

  /** A master that replaces itself puts its pid file aside before the next one writes its own. */
  async function named(path: string, signal: AbortSignal): Promise<number | undefined> {
    const time = runningTime(patience, clock);
    for (;;) {
      const master = await masterOf(path);
      const isReplaced = master === undefined && (await masterOf(`${path}.oldbin`)) !== undefined;
      if (!isReplaced || time.isOver() || signal.aborted) return master;
      await clock.sleep(20, signal);
    }
  }

  /** One that was waited for in vain: a program that runs nginx rather than becomes it. */
  let wrapper: number | undefined;

  /** A child has read a release and listens before it is a master: that it does not run is never said meanwhile. */
  async function ownMaster(signal: AbortSignal): Promise<number | undefined> {
    const time = runningTime(patience, clock);
    for (;;) {
      const own = child?.();
      if (own === undefined || (await isMaster(own))) return own;
      if (time.isOver()) wrapper = own;
      if (own === wrapper || signal.aborted) return undefined;
      await clock.sleep(20, signal);
    }
  }

  return async (signal) => {
    const own = await ownMaster(signal);
    if (own !== undefined) return { master: own };
    // Asks anew where the file is only when nobody is there any more. Several look at once: what is known may
    // change while one of them waits.
    const last = known;
    if (last !== undefined && (await masterOf(last.path)) === last.master) return last;
    if (known === last) known = undefined;
    try {
      const path = await findPidFile(signal);
      const master = await named(path, signal);
      if (master === undefined)
        return { path, problem: child !== undefined && child() === undefined ? notYet : noMaster(path) };
      known = { path, master };
      return known;
    } catch (error) {
      return { problem: problemOf(error) };
    }
  };
}
