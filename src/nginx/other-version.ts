import { readFile, readlink } from 'node:fs/promises';
import type { Problem } from '../pipeline/problem.ts';
import type { Build } from './build.ts';

/**
 * Says so where candidates are tested with another version of nginx than the one that runs, as after an
 * upgrade without a restart: a test by another says less. Looks once at each master and whenever the
 * program that it runs is replaced on disk. Undefined where they are the same, or it cannot be seen.
 */
export function otherVersion(
  tester: (signal: AbortSignal) => Promise<Build>,
): (master: number, signal: AbortSignal) => Promise<Problem | undefined> {
  let seen = '';
  let problem: Problem | undefined;
  return async (master, signal) => {
    // It ends in ` (deleted)` once another has taken its place.
    const program = await readlink(`/proc/${master}/exe`).catch(() => undefined);
    if (program === undefined) return undefined;
    if (seen === `${master} ${program}`) return problem;
    const [running, testing] = await Promise.all([
      versionOf(master),
      tester(signal).then(
        ({ version }) => version,
        () => undefined,
      ),
    ]);
    // Where the tester cannot be run, the test says so.
    if (testing === undefined) return problem;
    seen = `${master} ${program}`;
    problem = running === undefined || running === testing ? undefined : differs(running, testing);
    return problem;
  };
}

/** Read from its program, which is not run: anybody may name a process like nginx's master. */
export async function versionOf(master: number): Promise<string | undefined> {
  const program = await readFile(`/proc/${master}/exe`, 'latin1').catch(() => '');
  return /\w version: (\w+\/[^\s\0]+)/.exec(program)?.[1];
}

export function differs(running: string, testing: string): Problem {
  return {
    what: `it is ${running}, and candidates are tested with ${testing}`,
    remedy: 'restart nginx if it was upgraded, or set --nginx-bin to the one that runs',
  };
}
