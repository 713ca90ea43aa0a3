import { kill } from 'node:process';
import type { Running } from '../pipeline/outcome.ts';
import { type Problem, problemOf } from '../pipeline/problem.ts';
import type { Control, ControlOptions } from './control.ts';
import { isMaster, masterOf, workersOf } from './processes.ts';
import { type Testimony, testify } from './proof.ts';
import { proveByProcesses } from './prove-by-processes.ts';

/** nginx on this host, by its master's process: found anew each time, since it may be restarted at any. */
export function controlByPid(
  findPidFile: (signal: AbortSignal) => Promise<string>,
  { ask, proofTimeout, clock }: ControlOptions,
): Control {
  let known: { path: string; master: number } | undefined;
  let hasAnswered = false;

  /** Looks where the master was last seen; asks anew where the file is only when nobody is there. */
  async function find(signal: AbortSignal): Promise<{ master: number } | { problem: Problem }> {
    if (known !== undefined && (await masterOf(known.path)) === known.master) return known;
    known = undefined;
    try {
      const path = await findPidFile(signal);
      const master = await masterOf(path);
      if (master === undefined) return { problem: noMaster(path) };
      known = { path, master };
      return known;
    } catch (error) {
      return { problem: problemOf(error) };
    }
  }

  /** Whoever has answered before may only be busy or starting: a reload must not come of that at once. */
  async function hear(signal: AbortSignal): Promise<Testimony | undefined> {
    const patience = clock.now() + (hasAnswered ? 1000 : 0);
    for (;;) {
      const answer = await testify(ask, 1000, signal);
      if (answer !== undefined) {
        hasAnswered = true;
        return answer;
      }
      const gone = known === undefined || !(await isMaster(known.master));
      if (gone || clock.now() >= patience || signal.aborted) return undefined;
      await clock.sleep(50, signal);
    }
  }

  /** Nobody is the master: that is worse where workers of his still answer. */
  async function stopped(problem: Problem, signal: AbortSignal) {
    const answer = await hear(signal);
    return {
      kind: 'stopped',
      problem: answer === undefined ? problem : await orphans(ask, answer, signal),
    } as const;
  }

  async function running(signal: AbortSignal): Promise<Running> {
    const found = await find(signal);
    if ('problem' in found) return stopped(found.problem, signal);
    const answer = await hear(signal);
    // It went away while it was asked: that it said nothing says nothing of who stands there now.
    const gone = answer === undefined && !(await isMaster(found.master));
    if (gone && !signal.aborted) return running(signal);
    const workers = await workersOf(found.master);
    const draining = workers.filter((worker) => worker.draining).length;
    const standing = Math.max(1, workers.length - draining);
    return { kind: 'running', digest: answer?.digest, draining: Math.ceil(draining / standing) };
  }

  return {
    running,

    async reload(digest, signal) {
      const found = await find(signal);
      if ('problem' in found) return stopped(found.problem, signal);
      const { master } = found;
      const before = new Set((await workersOf(master)).map(({ pid }) => pid));
      try {
        kill(master, 'SIGHUP');
      } catch (error) {
        return { kind: 'unproven', problem: notSignalled(master, error) };
      }
      const proof = await proveByProcesses({ master, before, digest }, ask, proofTimeout, clock, signal);
      if (proof.kind === 'proven') hasAnswered = true;
      return proof;
    },
  };
}

function notSignalled(master: number, error: unknown): Problem {
  return {
    what: `nginx's master (pid ${master}) cannot be signalled: ${problemOf(error).what}`,
    remedy: 'run upsync as the user that started nginx (usually root)',
  };
}

function noMaster(pidFile: string): Problem {
  return {
    what: 'nginx is not running',
    where: pidFile,
    remedy: 'start nginx',
  };
}

/** After a `kill -9` of the master its workers go on, hold the ports and serve an old configuration. */
async function orphans(ask: string, first: Testimony, signal: AbortSignal): Promise<Problem> {
  const more = await Promise.all(Array.from({ length: 16 }, () => testify(ask, 1000, signal)));
  const pids = new Set([first, ...more].flatMap((answer) => answer?.pid ?? []));
  return {
    what: "nginx's master is gone, but its workers still serve what they have",
    remedy: `end them (kill -QUIT ${[...pids].sort((a, b) => a - b).join(' ')}), then start nginx`,
  };
}
