import type { CheckOptions, Io, OnceOptions, RegisterOptions, StatusOptions } from '../../../src/cli/io.ts';
import { run } from '../../../src/cli/run.ts';
import type { Config } from '../../../src/config/config.ts';
import type { RegisterConfig } from '../../../src/config/register.ts';

/** What a run did, as the shell and the injected commands saw it. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly started: readonly Started[];
  readonly config: Config | undefined;
  readonly options: OnceOptions | StatusOptions | CheckOptions | undefined;
  /** The managed folder whose status was asked for. */
  readonly output: string | undefined;
  readonly migrate: { readonly files: readonly string[]; readonly to: string } | undefined;
  readonly register: { readonly config: RegisterConfig; readonly options: RegisterOptions } | undefined;
}

type Started = 'daemon' | 'once' | 'register' | 'status' | 'check' | 'migrate';

/** Runs a command line as the shell would split it, with commands that only take note. */
export async function runLine(
  line: string,
  { env = {}, columns, throws }: { env?: Record<string, string>; columns?: number; throws?: unknown } = {},
): Promise<Ran> {
  let [out, err] = ['', ''];
  const started: Started[] = [];
  let config: Config | undefined;
  let options: OnceOptions | StatusOptions | CheckOptions | undefined;
  let output: string | undefined;
  let register: Ran['register'];
  let migrate: Ran['migrate'];
  const io: Io = {
    stdout: { fd: 1, write: (text) => (out += text), ...(columns === undefined ? {} : { columns }) },
    stderr: { fd: 2, write: (text) => (err += text) },
    env,
    cwd: '/',
    signal: new AbortController().signal,
    onHangUp: () => {},
    onSignal: () => {},
  };
  const code = await run(line === '' ? [] : line.split(' '), io, {
    daemon: async (load) => {
      started.push('daemon');
      config = await load();
      if (throws !== undefined) throw throws;
      return 0;
    },
    status: async (folder, asked) => {
      started.push('status');
      [output, options] = [folder, asked];
      return 0;
    },
    once: async (given, asked) => {
      started.push('once');
      [config, options] = [given, asked];
      return 2;
    },
    check: async (given, asked) => {
      started.push('check');
      [config, options] = [given, asked];
      return 1;
    },
    register: async (given, asked) => {
      started.push('register');
      register = { config: given, options: asked };
      if (throws !== undefined) throw throws;
      return 0;
    },
    migrate: async (files, to) => {
      started.push('migrate');
      migrate = { files, to };
      return 0;
    },
  });
  return { code, out, err, started, config, options, output, register, migrate };
}
