import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Problem } from '../pipeline/problem.ts';
import { lastWords, listenTo } from './words.ts';

export interface CommandOptions {
  /** The configuration's key of it. */
  readonly where: string;
  /** ms. */
  readonly timeout: number;
  /** Makes what it says readable. */
  readonly restore?: (output: string) => string;
}

/**
 * Runs a command to its end, never through a shell, and gives what is wrong: undefined where it ended with 0. At the
 * timeout and when `signal` aborts it is killed with its process group; an abort is thrown as its reason. execa would
 * kill the program alone, and wait for whoever inherited its output.
 */
export async function runCommand(
  [program = '', ...args]: readonly string[],
  { where, timeout, restore = (output) => output }: CommandOptions,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  signal.throwIfAborted();
  const deadline = AbortSignal.timeout(timeout);
  try {
    const child = spawn(program, args, {
      cwd: '/',
      // The leader of a group of its own.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    });
    const heard = listenTo(child.stdout, child.stderr);
    const [code, by] = await endOf(child, AbortSignal.any([signal, deadline]));
    const words = lastWords(restore(await heard()));
    signal.throwIfAborted();
    if (code === 0) return undefined;
    const isLate = deadline.aborted && code === null;
    const end = isLate ? `did not end within ${timeout / 1000} s` : `ended with ${code ?? by}`;
    return { what: `${program} ${end}${words === '' ? '' : `: ${words}`}`, where };
  } catch (error) {
    signal.throwIfAborted();
    return notRun(program, where, error);
  }
}

/** What cannot be killed is not waited for, in ms. */
const grace = 500;

type End = readonly [code: number | null, signal: NodeJS.Signals | null];

async function endOf(child: ChildProcess, killed: AbortSignal): Promise<End> {
  const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<void>();
  const kill = () => {
    if (child.pid !== undefined) killGroup(child.pid);
    setTimeout(giveUp, grace).unref();
  };
  killed.addEventListener('abort', kill);
  try {
    // Rejects where it could not be started.
    await Promise.race([once(child, 'exit'), givenUp]);
    return [child.exitCode, child.signalCode];
  } finally {
    killed.removeEventListener('abort', kill);
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has gone, or belongs to somebody else (sudo).
  }
}

/** Nothing of upsync's own: a token may be in it, and systemd's socket of notifications. */
function environment(): NodeJS.ProcessEnv {
  const { PATH = '', HOME, LANG } = process.env;
  return {
    PATH: `${PATH}:/usr/local/sbin:/usr/sbin:/sbin`,
    ...(HOME === undefined ? {} : { HOME }),
    ...(LANG === undefined ? {} : { LANG }),
  };
}

function notRun(program: string, where: string, error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const reasons: Readonly<Record<string, Problem>> = {
    ENOENT: { what: `there is no program ${program}`, remedy: 'install it, or write its whole path' },
    EACCES: { what: `${program} may not be run`, remedy: 'make it executable for the user of upsync' },
  };
  return { ...(reasons[code] ?? { what: `${program} could not be run (${code})` }), where };
}
