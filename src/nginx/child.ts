import { constants } from 'node:os';
import { execa } from 'execa';
import { type Problem, problemOf } from '../pipeline/problem.ts';
import { environment } from './test-run.ts';

/** How a child ended, or that it never began. */
type ChildEnd =
  | {
      readonly kind: 'ended';
      /** Its exit code, or 128 and the number of the signal that ended it. */
      readonly code: number;
      readonly signal: string | undefined;
    }
  /** `code` as a shell has it. */
  | { readonly kind: 'notStarted'; readonly code: number; readonly problem: Problem };

export interface Child {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined;
  readonly ended: Promise<ChildEnd>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Starts a program that writes to upsync's own standard output and error. It outlives upsync, however that ends, and
 * stands in a session of its own: what a terminal sends to upsync is not for it.
 */
export function startChild([program = '', ...args]: readonly string[], env: Environment): Child {
  const child = execa(program, args, {
    reject: false,
    detached: true,
    cleanup: false,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    extendEnv: false,
    env: environmentFor(env),
  });
  const ended = child.then(({ exitCode, signal, code = '', shortMessage = '' }): ChildEnd => {
    if (exitCode !== undefined) return { kind: 'ended', code: exitCode, signal: undefined };
    if (signal !== undefined) return { kind: 'ended', code: 128 + constants.signals[signal], signal };
    return notStarted(program, code, shortMessage);
  });
  return { pid: child.pid, ended };
}

/** What is upsync's alone: its way to systemd, its token; and what would have nginx take over another one's sockets. */
const withheld = /^(NOTIFY_SOCKET|WATCHDOG_(PID|USEC)|CONSUL_HTTP_(TOKEN|AUTH)|NGINX)$/;

/** The environment of upsync, for a program that it starts. */
function environmentFor(env: Environment): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]): [string, string][] =>
    value === undefined || withheld.test(name) ? [] : [[name, value]],
  );
  return { ...Object.fromEntries(kept), ...environment() };
}

function notStarted(program: string, code: string, message: string): ChildEnd {
  if (code === 'ENOENT') {
    const remedy = 'install nginx here, or write its whole path in exec';
    return {
      kind: 'notStarted',
      code: 127,
      problem: { what: 'there is no such program', where: program, remedy },
    };
  }
  if (code === 'EACCES') {
    const remedy = 'make it executable for the user of upsync';
    return { kind: 'notStarted', code: 126, problem: { what: 'permission denied', where: program, remedy } };
  }
  return { kind: 'notStarted', code: 1, problem: { ...problemOf(new Error(message)), where: program } };
}
