import type { Proof } from '../pipeline/outcome.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Release } from '../pipeline/release.ts';
import { isMaster, workersOf } from './processes.ts';
import { manyQuestions, problemTold, type Testimony, testifyAll } from './proof.ts';
import { runningTime } from './running-time.ts';

/** What every worker is to say of itself. */
type Wanted = Pick<Release, 'digest' | 'structure'>;

/** ms between two looks. */
const pause = 5;

/**
 * Workers with the Lua balancer take a release by themselves: each looks for it when it is asked. It is believed
 * when every worker that stands has answered with it. Undefined where one runs another structure: nginx has to be
 * reloaded then.
 */
export async function followByProcesses(
  master: number,
  wanted: Wanted,
  ask: string,
  timeout: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Proof | undefined> {
  const time = runningTime(timeout, clock);
  const answered = new Map<number, Testimony>();
  let behind = 'nginx has no worker';
  while (!time.isOver() && !signal.aborted) {
    if (!(await isMaster(master))) return { kind: 'stopped', problem: { what: 'nginx went away' } };
    const workers = await workersOf(master);
    const standing = workers.filter(({ draining }) => !draining);
    for (const answer of await testifyAll(ask, 2 * standing.length, signal)) answered.set(answer.pid, answer);
    if (standing.some(({ pid }) => isOther(answered.get(pid), wanted))) return undefined;
    const late = standing.map(({ pid }) => pid).filter((pid) => answered.get(pid)?.digest !== wanted.digest);
    if (late.length === 0 && standing.length > 0) return proven('processes', standing.length, workers.length);
    if (late.length > 0)
      behind = `${late.length} of ${standing.length} workers do not answer with it (pid ${late.join(', ')})`;
    await clock.sleep(pause, signal);
  }
  return unproven(wanted, timeout, behind, ask, signal);
}

/** The same where nginx's processes cannot be seen: all of many fresh connections are answered with the release. */
export async function followByAnswers(
  wanted: Wanted,
  ask: string,
  timeout: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Proof | undefined> {
  const time = runningTime(timeout, clock);
  let behind = 'nothing answers';
  while (!time.isOver() && !signal.aborted) {
    const answers = await testifyAll(ask, manyQuestions, signal);
    if (answers.some((answer) => isOther(answer, wanted))) return undefined;
    const late = answers.filter(({ digest }) => digest !== wanted.digest).length;
    const workers = new Set(answers.map(({ pid }) => pid)).size;
    if (late === 0 && workers > 0) return proven('answers', workers, workers);
    if (late > 0) behind = `${late} of ${answers.length} answers are of another one`;
    await clock.sleep(pause, signal);
  }
  return unproven(wanted, timeout, behind, ask, signal);
}

function isOther(answer: Testimony | undefined, { structure }: Wanted): boolean {
  return answer !== undefined && answer.structure !== structure;
}

function proven(by: 'processes' | 'answers', workers: number, all: number): Proof {
  return { kind: 'proven', by, workers, draining: all - workers, pushed: true };
}

async function unproven(
  { digest }: Wanted,
  timeout: number,
  behind: string,
  ask: string,
  signal: AbortSignal,
): Promise<Proof> {
  const told = await problemTold(ask, 1000, signal);
  return {
    kind: 'unproven',
    pushed: true,
    problem: {
      what: `nginx's workers did not take release ${digest} within ${timeout / 1000} s: ${told ?? behind}`,
      remedy: "nginx's error log says why; its workers' user must be able to read the managed folder",
    },
  };
}
