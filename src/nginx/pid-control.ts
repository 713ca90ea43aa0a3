import { kill } from 'node:process';
import type { Running } from '../pipeline/outcome.ts';
import { type Problem, problemOf } from '../pipeline/problem.ts';
import type { Control, ControlOptions } from './control.ts';
import { masterFinder } from './find-master.ts';
import { followByProcesses } from './follow-push.ts';
import { isMaster, workersOf } from './processes.ts';
import { proveByProcesses } from './prove-by-processes.ts';

export interface PidControl extends Control {
  /** Whether a master is there: cheaper than `running`, and less sure. */
  isThere(signal: AbortSignal): Promise<boolean>;
}

/** nginx on this host, by signals to its master. */
export function controlByPid(
  findPidFile: (signal: AbortSignal) => Promise<string>,
  options: ControlOptions,
): PidControl {
  const { proof, proofTimeout, clock, examine } = options;
  const finder = masterFinder(findPidFile, options);

  async function running(signal: AbortSignal): Promise<Running> {
    const found = await finder.find(signal);
    if (found.master === undefined) return { kind: 'stopped', problem: found.problem };
    const { master, digest, structure } = found;
    // It went away while it was asked: that it said nothing says nothing of who stands there now.
    const gone = digest === undefined && !(await isMaster(master));
    if (gone && !signal.aborted) return running(signal);
    const workers = await workersOf(master);
    const draining = workers.filter((worker) => worker.draining).length;
    const standing = Math.max(1, workers.length - draining);
    const problem = found.problem ?? (await examine?.(master, signal));
    return {
      kind: 'running',
      digest,
      draining: Math.ceil(draining / standing),
      ...(structure === undefined ? {} : { structure }),
      ...(problem === undefined ? {} : { problem }),
    };
  }

  return {
    running,
    isThere: finder.isNamed,

    async reload(release, signal) {
      const { digest } = release;
      const found = await finder.find(signal);
      if (found.master === undefined) return { kind: 'stopped', problem: found.problem };
      const { master } = found;
      const before = new Set((await workersOf(master)).map(({ pid }) => pid));
      try {
        kill(master, 'SIGHUP');
      } catch (error) {
        return { kind: 'unproven', problem: notSignalled(master, error) };
      }
      const outcome = await proveByProcesses(
        { master, before, digest },
        proof.ask,
        proofTimeout,
        clock,
        signal,
      );
      if (outcome.kind === 'proven') finder.heard(master, { digest, structure: undefined });
      return outcome;
    },

    async follow(release, signal) {
      const found = await finder.findAgain(signal);
      if (found.master === undefined) return { kind: 'stopped', problem: found.problem };
      if (found.digest === undefined) return undefined;
      const { master } = found;
      const outcome = await followByProcesses(master, release, proof.ask, proofTimeout, clock, signal);
      if (outcome?.kind === 'proven') finder.heard(master, release);
      return outcome;
    },
  };
}

/** Why nobody here may signal the master, if so. Signal 0 asks the kernel and sends nothing (kill(2)). */
export function whyNotSignalled(master: number): Problem | undefined {
  try {
    kill(master, 0);
    return undefined;
  } catch (error) {
    return notSignalled(master, error);
  }
}

function notSignalled(master: number, error: unknown): Problem {
  return {
    what: `nginx's master (pid ${master}) cannot be signalled: ${problemOf(error).what}`,
    remedy: 'run upsync as the user that started nginx (usually root)',
  };
}
