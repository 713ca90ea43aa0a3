import type { WorkerUser } from '../nginx/worker-user.ts';
import type { Running } from '../pipeline/outcome.ts';
import type { Release } from '../pipeline/release.ts';
import { type Barred, closedToWorkers } from '../pipeline/rights.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

export interface WorkersFacts {
  /** Undefined where it cannot be told. */
  readonly user: WorkerUser | undefined;
  /** What keeps them from what they are to read. */
  readonly barred: Barred | undefined;
  readonly output: string;
  readonly running: Running;
  readonly live: Release | undefined;
}

/**
 * Whether nginx's workers can follow by themselves: with `push` they read the managed folder, which only the master,
 * as root, has to otherwise.
 */
export function checkWorkers({ user, barred, output, running, live }: WorkersFacts): Finding[] {
  if (user === undefined) return [];
  if (barred === undefined) return [ok('workers', `nginx's workers (${user.name}) may read ${output}`)];
  const problem = closedToWorkers(user.name, barred, output);
  // They have what they read before; or rights that modes do not show, as those of an access control list.
  const isTaken =
    running.kind === 'running' && running.structure !== undefined && running.digest === live?.digest;
  return [isTaken ? warn('workers', problem) : fail('workers', problem)];
}
