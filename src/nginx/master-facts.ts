import type { Problem } from '../pipeline/problem.ts';
import { versionOf } from './other-version.ts';
import { whyNotSignalled } from './pid-control.ts';
import { masterOf, masterOfWorker, workersOf } from './processes.ts';
import type { Testimony } from './proof.ts';

/** A master that runs on this host, as it is seen from here. */
export interface MasterFacts {
  readonly pid: number;
  /** How many workers take requests. */
  readonly workers: number;
  /** Why it cannot be signalled, if so. */
  readonly deaf: Problem | undefined;
  /** As in `nginx/1.22.1`; undefined where its program may not be looked at from here. */
  readonly version: string | undefined;
}

/** Who answers knows its master best; else the pid file names it. Undefined where there is none. */
export async function inspectMaster(
  testimonies: readonly Testimony[],
  pidFile: string | undefined,
): Promise<MasterFacts | undefined> {
  const masters = await Promise.all(testimonies.map(({ pid }) => masterOfWorker(pid)));
  const heard = masters.find((master) => master !== undefined);
  const pid = heard ?? (pidFile === undefined ? undefined : await masterOf(pidFile));
  if (pid === undefined) return undefined;
  const workers = (await workersOf(pid)).filter(({ draining }) => !draining).length;
  return { pid, workers, deaf: whyNotSignalled(pid), version: await versionOf(pid) };
}
