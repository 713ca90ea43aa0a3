import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Resolves with how it ended, in words. Never rejects. */
  readonly ended: Promise<string>;
  /** Resolves once it wrote its first line, or has ended. */
  readonly spoke: Promise<void>;
  /** How long ago it wrote its last line, in ms. */
  silence(): number;
  /** Waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly onLine?: (line: string) => void;
}

/** From SIGTERM to SIGKILL, in ms. */
const patience = 3_000;

/** Runs one of our own scripts. */
export function startScript(script: string, args: readonly string[], options: ChildOptions = {}): Child {
  return startProgram(process.execPath, [script, ...args], options);
}

/**
 * `setpriv` (util-linux) keeps the pid and lets the kernel end the child should we be killed. It gets a session of its
 * own: Ctrl-C in the terminal reaches us alone, and we end the child in our order.
 */
export function startProgram(program: string, args: readonly string[], options: ChildOptions = {}): Child {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    detached: true,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.race([
    once(child, 'close').then(([code, signal]) =>
      signal === null ? `exit code ${String(code)}` : String(signal),
    ),
    once(child, 'error').then(([error]) => String(error)),
  ]).catch(String);
  let lastLine = performance.now();
  const spoken = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      spoken.resolve();
      lastLine = performance.now();
      options.onLine?.(line);
    });
  }
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  return {
    pid: child.pid ?? 0,
    ended,
    spoke: Promise.race([spoken.promise, ended.then(() => undefined)]),
    silence: () => performance.now() - lastLine,
    end,
    async [Symbol.asyncDispose]() {
      const last = setTimeout(() => child.kill('SIGKILL'), patience);
      await end('SIGTERM');
      clearTimeout(last);
    },
  };
}
