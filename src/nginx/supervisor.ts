import { kill } from 'node:process';
import type { Report } from '../pipeline/event.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import { type Input, type Supervised, signalFor, supervise } from '../pipeline/supervise.ts';
import { startChild } from './child.ts';
import { isMaster } from './processes.ts';

/** The nginx that upsync itself runs: started once it can be, and followed to its end. */
export interface Supervisor {
  /** Undefined while there is none. */
  pid(): number | undefined;
  /** There is a release that nginx can start with. */
  startable(): void;
  /** `patience`: ms for requests under way; undefined for as long as it takes. */
  stop(patience: number | undefined): void;
  /** Whoever asked it to stop asks again. */
  hurry(): void;
  /** Passes a signal on to nginx, if there is one. */
  pass(signal: NodeJS.Signals): void;
  /** Aborts once nginx is to end, or has: there is no more to do for it. */
  readonly leaving: AbortSignal;
  /** The exit code, once nginx has ended, or is left alone. */
  readonly ended: Promise<number>;
}

interface SupervisorOptions {
  /** The program and its arguments. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The master that runs already, if any. */
  readonly find: (signal: AbortSignal) => Promise<number | undefined>;
  readonly clock: Clock;
  readonly report: Report;
  /** A master stands now, where none did. */
  readonly onUp: () => void;
}

/** ms between two looks at a process that is not ours, or that is about to become nginx's master. */
const pause = 50;
/** What ends well so soon, in ms, may have left a daemon behind. */
const soon = 3_000;

export function createSupervisor({ words, env, find, clock, report, onUp }: SupervisorOptions): Supervisor {
  let state: Supervised = { kind: 'waiting' };
  const leaving = new AbortController();
  const over = new AbortController();
  const { promise: ended, resolve } = Promise.withResolvers<number>();

  function take(input: Input): void {
    const before = state;
    state = supervise(before, input);
    if (state === before) return;
    report({ type: 'supervised', nginx: state });
    const signal = signalFor(before, state);
    if (signal !== undefined && 'pid' in state) send(state.pid, signal);
    if (state.kind === 'starting') begin();
    if (state.kind === 'stopping' && state.until !== undefined) tickAt(state.until);
    if (state.kind === 'stopping' || state.kind === 'ended') leaving.abort();
    if (state.kind === 'ended') {
      over.abort();
      resolve(state.code);
    }
  }

  async function begin(): Promise<void> {
    const standing = await find(over.signal);
    // It may have been told to stop meanwhile.
    if (state.kind !== 'starting') return;
    if (standing === undefined) return run();
    take({ type: 'found', pid: standing });
    onUp();
    while (!over.signal.aborted && (await isMaster(standing))) await clock.sleep(pause, over.signal);
    take({ type: 'gone' });
  }

  async function run(): Promise<void> {
    const since = clock.now();
    const child = startChild(words, env);
    if (child.pid !== undefined) {
      take({ type: 'started', pid: child.pid });
      announce(child.pid);
    }
    const end = await child.ended;
    if (end.kind === 'notStarted') {
      report({ type: 'problem', problem: end.problem });
      return take({ type: 'notStarted', code: end.code });
    }
    const isDaemon = end.code === 0 && clock.now() - since < soon && (await leftDaemon());
    if (isDaemon) report({ type: 'problem', problem: daemonized });
    take({ ...end, type: 'ended', code: isDaemon ? 1 : end.code });
  }

  /** Says when the child has become a master, which takes it as long as reading its configuration. */
  async function announce(pid: number): Promise<void> {
    while (state.kind === 'running') {
      if (await isMaster(pid)) return onUp();
      await clock.sleep(pause, over.signal);
    }
  }

  /** A master that has left us writes its pid file a moment after the program that we started has ended. */
  async function leftDaemon(): Promise<boolean> {
    const deadline = clock.now() + 500;
    while (state.kind === 'running' && clock.now() < deadline) {
      if ((await find(over.signal)) !== undefined) return true;
      await clock.sleep(pause, over.signal);
    }
    return false;
  }

  async function tickAt(time: number): Promise<void> {
    while (!over.signal.aborted && clock.now() < time) await clock.sleep(time - clock.now(), over.signal);
    take({ type: 'tick', now: clock.now() });
  }

  return {
    pid: () => ('pid' in state ? state.pid : undefined),
    startable: () => take({ type: 'startable' }),
    stop: (patience) => take({ type: 'stop', now: clock.now(), patience }),
    hurry: () => take({ type: 'hurry', now: clock.now() }),
    pass(signal) {
      if ('pid' in state) send(state.pid, signal);
    },
    leaving: leaving.signal,
    ended,
  };
}

const daemonized: Problem = {
  what: 'exec left an nginx behind that runs by itself, as a daemon',
  where: 'exec',
  remedy: "end that one, and write nginx -g 'daemon off;'",
};

/** One that has ended meanwhile needs no signal. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    kill(pid, signal);
  } catch {}
}
