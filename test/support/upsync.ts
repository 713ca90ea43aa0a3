import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { viaFlags } from '../bed/via.ts';

const lineSchema = z.looseObject({ level: z.string(), event: z.string(), msg: z.string() });

/** One line of upsync's JSON log. */
export type LogLine = z.infer<typeof lineSchema>;

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** upsync as a process of its own. It is killed with `await using`, and at the latest with the test process. */
export interface Upsync extends AsyncDisposable {
  readonly pid: number;
  readonly lines: readonly LogLine[];
  /** What it wrote that is not its JSON log. */
  readonly text: () => string;
  /** The next line of this event behind the one that was awaited last; rejects after 20 s, or when upsync ends. */
  next(event: string, matches?: (line: LogLine) => boolean): Promise<LogLine>;
  /** The first such line of all, wherever it stands: awaited as `next` is, which it does not move on. */
  ever(event: string, matches?: (line: LogLine) => boolean): Promise<LogLine>;
  /** From here on only lines that are still to come are awaited. */
  forget(): void;
  count(event: string): number;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
  kill(): Promise<Ended>;
}

export interface UpsyncPlace {
  readonly consul: { readonly url: string };
  readonly nginx: { readonly conf: string; readonly folder: string };
  readonly env?: Readonly<Record<string, string>>;
  /** Options of `setpriv` that take rights away. */
  readonly privileges?: readonly string[];
}

const root = join(import.meta.dirname, '../..');
/** Saves every start but the first a good part of its time. */
const compiled = join(root, 'node_modules/.cache/upsync/compiled');

/** The managed folder that the beds' nginx includes. */
export function outputOf({ folder }: { readonly folder: string }): string {
  return join(folder, 'upsync');
}

/** The flags that every run beside a bed needs. Status is told on the control socket alone: its port is everybody's. */
export function flagsOf({ consul, nginx }: UpsyncPlace): string[] {
  return [
    '--consul',
    consul.url,
    '--nginx-conf',
    nginx.conf,
    '--output',
    outputOf(nginx),
    '--no-listen',
    ...viaFlags,
  ];
}

/** Writes an `upsync.yaml` beside a bed's nginx.conf, and returns the flags that name it. */
export async function writeConfig({ folder }: { readonly folder: string }, text: string): Promise<string[]> {
  const path = join(folder, 'upsync.yaml');
  await writeFile(path, text);
  return ['--config', path];
}

export function startUpsync(place: UpsyncPlace, ...flags: readonly string[]): Upsync {
  const log = ['--log-format', 'json', '--log-level', 'debug'];
  return launch('src/main.ts', [...flagsOf(place), ...log, ...flags], place.env, place.privileges);
}

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs upsync to its end, for `--once` and commands. */
export function runUpsync(place: UpsyncPlace, ...flags: readonly string[]): Promise<Ran> {
  return runLine([...flagsOf(place), ...flags], place.env, undefined, place.privileges);
}

/** Runs upsync to its end with nothing but this on its command line. */
export async function runLine(
  line: readonly string[],
  env?: Readonly<Record<string, string>>,
  cwd?: string,
  privileges: readonly string[] = [],
): Promise<Ran> {
  const command = [...privileges, process.execPath, join(root, 'src/main.ts'), ...line];
  const child = spawn('setpriv', command, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(env),
    cwd,
    timeout: 30_000,
  });
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}

function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, TMPDIR: tmpdir(), NODE_COMPILE_CACHE: compiled, ...more };
}

/** `setpriv` (util-linux) keeps the pid and lets the kernel end upsync should the test process be killed. */
export function launch(
  script: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
  privileges: readonly string[] = [],
): Upsync {
  const command = ['--pdeathsig', 'KILL', ...privileges, process.execPath, join(root, script), ...args];
  const child = spawn('setpriv', command, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(env),
  });
  const lines: LogLine[] = [];
  const checks = new Set<() => void>();
  let [other, rest, cursor, over] = ['', '', 0, false];
  const look = () => {
    for (const check of checks) check();
  };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const line = part.startsWith('{') ? parse(part) : undefined;
      if (line === undefined) other += `${part}\n`;
      else lines.push(line);
    }
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    other += chunk;
  });
  const ended = once(child, 'close').then((): Ended => {
    over = true;
    look();
    return { code: child.exitCode, signal: child.signalCode };
  });

  const waitFor = (event: string, matches: (line: LogLine) => boolean, moves: boolean) =>
    new Promise<LogLine>((resolve, reject) => {
      const settle = (end: () => void) => {
        clearTimeout(timer);
        checks.delete(check);
        end();
      };
      const fail = (why: string) =>
        settle(() => reject(new Error(`no "${event}" ${why}:\n${tail(lines)}\n${other}`)));
      const timer = setTimeout(() => fail('within 20 s'), 20_000);
      const check = () => {
        const from = moves ? cursor : 0;
        const at = lines.findIndex((line, index) => index >= from && line.event === event && matches(line));
        const found = lines[at];
        if (found === undefined) return over ? fail('before it ended') : undefined;
        if (moves) cursor = at + 1;
        settle(() => resolve(found));
      };
      checks.add(check);
      check();
    });

  const kill = () => {
    child.kill('SIGKILL');
    return ended;
  };
  return {
    get pid() {
      return child.pid ?? 0;
    },
    lines,
    text: () => other,
    next: (event, matches = () => true) => waitFor(event, matches, true),
    ever: (event, matches = () => true) => waitFor(event, matches, false),
    forget() {
      cursor = lines.length;
    },
    count: (event) => lines.filter((line) => line.event === event).length,
    signal: (name) => child.kill(name),
    ended,
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
    },
  };
}

function parse(line: string): LogLine | undefined {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function tail(lines: readonly LogLine[]): string {
  return lines
    .slice(-15)
    .map((line) => JSON.stringify(line))
    .join('\n');
}
