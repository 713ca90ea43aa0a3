import type { Io, OnceOptions } from '../../../src/cli/io.ts';
import { run } from '../../../src/cli/run.ts';
import type { Config } from '../../../src/config/config.ts';

/** What a run did, as the shell and the injected commands saw it. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly started: readonly ('daemon' | 'once')[];
  readonly config: Config | undefined;
  readonly options: OnceOptions | undefined;
}

/** Runs a command line as the shell would split it, with commands that only take note. */
export async function runLine(
  line: string,
  { env = {}, columns, throws }: { env?: Record<string, string>; columns?: number; throws?: unknown } = {},
): Promise<Ran> {
  let [out, err] = ['', ''];
  const started: ('daemon' | 'once')[] = [];
  let config: Config | undefined;
  let options: OnceOptions | undefined;
  const io: Io = {
    stdout: { fd: 1, write: (text) => (out += text), ...(columns === undefined ? {} : { columns }) },
    stderr: { fd: 2, write: (text) => (err += text) },
    env,
    cwd: '/',
    signal: new AbortController().signal,
    onHangUp: () => {},
  };
  const code = await run(line === '' ? [] : line.split(' '), io, {
    daemon: async (load) => {
      started.push('daemon');
      config = await load();
      if (throws !== undefined) throw throws;
      return 0;
    },
    once: async (given, asked) => {
      started.push('once');
      [config, options] = [given, asked];
      return 2;
    },
  });
  return { code, out, err, started, config, options };
}
