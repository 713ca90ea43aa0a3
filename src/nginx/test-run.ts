import { execa } from 'execa';
import { type Problem, ProblemError } from '../pipeline/problem.ts';

export interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** A crash leaves its core file here. */
  readonly cwd: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/**
 * Runs nginx to its end. Whether it succeeded is for the caller to judge; that it could not be
 * started, did not end in time or crashed is thrown as a ProblemError, and an abort as its reason.
 */
export async function runNginx(
  binary: string,
  args: readonly string[],
  { cwd, timeout }: RunOptions,
  signal: AbortSignal,
): Promise<Ran> {
  const ran = await execa(binary, args, {
    reject: false,
    timeout,
    cancelSignal: signal,
    killSignal: 'SIGKILL',
    cwd,
    stdin: 'ignore',
    extendEnv: false,
    env: environment(),
  });
  signal.throwIfAborted();
  if (ran.exitCode !== undefined) return { ok: ran.exitCode === 0, stdout: ran.stdout, stderr: ran.stderr };
  throw new ProblemError(notRun(binary, ran, timeout));
}

/** For `extendEnv: false`: NGINX, with the numbers of listening sockets in it, must not reach a second nginx. */
export function environment(): { PATH: string } {
  return { PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin` };
}

interface Unfinished {
  readonly code?: string | undefined;
  readonly timedOut: boolean;
  readonly signal?: string | undefined;
  readonly shortMessage?: string | undefined;
}

function notRun(
  binary: string,
  { code, timedOut, signal, shortMessage }: Unfinished,
  timeout: number,
): Problem {
  if (code === 'ENOENT') {
    return {
      what: 'there is no such program',
      where: binary,
      remedy: 'install nginx here, or set --nginx-bin',
    };
  }
  if (code === 'EACCES') {
    return { what: 'permission denied', where: binary, remedy: 'make it executable for the user of upsync' };
  }
  if (timedOut) {
    return {
      what: `nginx did not end within ${timeout / 1000} s`,
      where: binary,
      remedy: 'look for a host name that does not resolve or a very large hash, and run `nginx -t` by hand',
    };
  }
  if (signal !== undefined) {
    return {
      what: `nginx was ended by ${signal}`,
      where: binary,
      remedy: 'run `nginx -t` by hand; a module built for another version, or too little memory, does this',
    };
  }
  return { what: shortMessage ?? 'nginx could not be run', where: binary, remedy: 'run `nginx -t` by hand' };
}
