import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** The drill or the soak as a process of its own. */
interface ScriptRun {
  readonly child: ChildProcess;
  /** Its exit code. */
  readonly end: Promise<number | null>;
  output(): string;
  /** Resolves once it printed the text. */
  said(text: string): Promise<void>;
  /** Its processes whose command line has the text. */
  processes(text: string): Promise<readonly number[]>;
  /** What it started and what it wrote, as far as that is still there. */
  left(): Promise<readonly string[]>;
}

/** Runs `demo/drill.ts` or `test/soak/soak.ts`, whose folder is named after `kind`. */
export function runScript(kind: 'demo' | 'soak', script: string, ...args: readonly string[]): ScriptRun {
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const end = once(child, 'close').then(() => child.exitCode);
  const name = `${kind}-${child.pid?.toString(36)}`;
  return {
    child,
    end,
    output: () => output,
    async said(text) {
      while (!output.includes(text)) {
        const ended = await Promise.race([once(child.stdout, 'data'), end.then(() => undefined)]);
        if (ended === undefined) throw new Error(`it ended before it said ${text}:\n${output}`);
      }
    },
    async processes(text) {
      const found = await marked(name);
      return found.filter(({ command }) => command.includes(text)).map(({ pid }) => pid);
    },
    async left() {
      const folders = await readdir(join(root, 'node_modules/.cache/upsync'));
      const processes = await marked(name);
      return [
        ...folders.filter((folder) => folder === name),
        ...processes.map(({ pid, command }) => `${pid} ${command}`),
      ];
    },
  };
}

/** All that it starts has its folder's name on the command line, in the environment or among the open files. */
async function marked(name: string): Promise<readonly { readonly pid: number; readonly command: string }[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const [command, environment, files] = [
        await read('cmdline'),
        await read('environ'),
        await openFiles(pid),
      ];
      const ours = [command, environment, ...files].some((text) => text.includes(`/${name}`));
      return ours ? [{ pid: Number(pid), command: command.replaceAll('\0', ' ') }] : [];
    }),
  );
  return found.flat();
}

async function openFiles(pid: string): Promise<readonly string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
}
