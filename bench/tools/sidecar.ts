import { tmpdir } from 'node:os';
import { startProgram } from '../../demo/child.ts';
import { Log, type Sidecar } from './tool.ts';

/** Runs a program with next to nothing in its environment: no person's Consul, no colours, no caches. */
export function startSidecar(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Sidecar {
  const log = new Log();
  let end: string | undefined;
  const startedAt = performance.now();
  const child = startProgram(program, args, {
    env: { PATH: process.env.PATH, TMPDIR: tmpdir(), ...env },
    onLine: (line) => log.add(line),
  });
  void child.ended.then((how) => {
    end = how;
  });
  return {
    pid: child.pid,
    startedAt,
    log,
    end: () => end,
    signal: (name) => process.kill(child.pid, name),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
