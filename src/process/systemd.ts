import { hrtime, pid } from 'node:process';
import { execa } from 'execa';
import type { Event, Report } from '../pipeline/event.ts';
import type { Clock } from '../pipeline/ports.ts';
import { type Problem, problemOf } from '../pipeline/problem.ts';
import { notReady, tell } from './readiness.ts';

/** Who is told that upsync is ready, reloads, lives and stops: systemd, or nobody. */
export interface Notifier extends AsyncDisposable {
  note(event: Event): void;
}

interface NotifierOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether upsync itself starts nginx: it is ready only with that. */
  readonly starts: boolean;
  readonly isAlive: () => boolean;
  readonly clock: Clock;
  readonly report: Report;
}

/** For systemd to take a message, in ms; `systemd-notify` itself gives up after 5 s. */
const timeout = 6_000;
/** How long the end waits for that, in ms. */
const lastWords = 500;

/**
 * By the program `systemd-notify`, since Node has no datagrams over unix sockets. Where it fails that is said once, and
 * ends nothing.
 */
export function systemdNotifier({ env, starts, isAlive, clock, report }: NotifierOptions): Notifier {
  const { NOTIFY_SOCKET = '', PATH = '' } = env;
  if (NOTIFY_SOCKET === '') return { note: () => undefined, [Symbol.asyncDispose]: async () => undefined };
  const over = new AbortController();
  let state = notReady;
  let hasFailed = false;
  let last: Promise<unknown> = Promise.resolve();

  const send = async (lines: readonly string[]) => {
    const { failed, code, stderr } = await execa('systemd-notify', lines, {
      reject: false,
      timeout,
      stdin: 'ignore',
      extendEnv: false,
      env: { PATH: `${PATH}:/usr/bin:/bin`, NOTIFY_SOCKET },
    });
    if (failed) fail(code === 'ENOENT' ? noProgram : refused(stderr.trim()));
  };
  function fail(problem: Problem): void {
    if (hasFailed) return;
    hasFailed = true;
    report({ type: 'problem', problem });
  }
  /** One after the other, as they were meant. */
  function say(lines: readonly string[]): void {
    last = last.then(() => send(lines)).catch((error: unknown) => fail(problemOf(error)));
  }
  async function watch(interval: number): Promise<void> {
    while (!over.signal.aborted) {
      if (isAlive()) say(['WATCHDOG=1']);
      await clock.sleep(interval, over.signal);
    }
  }

  const interval = watchdogInterval(env, pid);
  if (interval !== undefined) watch(interval);
  return {
    note(event) {
      const told = tell(state, event, starts, () => hrtime.bigint() / 1_000n);
      ({ state } = told);
      if (told.say.length > 0) say(told.say);
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      const waited = new AbortController();
      await Promise.race([last, clock.sleep(lastWords, waited.signal)]);
      waited.abort();
    },
  };
}

/** ms between two signs of life: half of what systemd waits for one. Undefined where it waits for none of ours. */
export function watchdogInterval(
  { WATCHDOG_USEC = '', WATCHDOG_PID = '' }: NotifierOptions['env'],
  self: number,
): number | undefined {
  if (!/^[1-9]\d*$/.test(WATCHDOG_USEC)) return undefined;
  if (WATCHDOG_PID !== '' && Number(WATCHDOG_PID) !== self) return undefined;
  return Number(WATCHDOG_USEC) / 2_000;
}

const untold = 'systemd is not told how upsync does';

const noProgram: Problem = {
  what: `${untold}: there is no systemd-notify`,
  where: 'NOTIFY_SOCKET',
  remedy: 'install it (Debian: systemd), or set Type=exec in the unit',
};

function refused(said: string): Problem {
  return {
    what: `${untold}: ${said === '' ? 'systemd-notify failed' : said}`,
    where: 'NOTIFY_SOCKET',
    remedy: 'set NotifyAccess=all in the unit, or Type=exec',
  };
}
