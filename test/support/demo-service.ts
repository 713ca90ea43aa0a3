import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePorts } from '../bed/consul-ports.ts';

/** web1 or web2 as a process of its own. It is killed with `await using`, and at the latest with the test process. */
export interface DemoService extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** All that it wrote. */
  text(): string;
  signal(name: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const folder = join(import.meta.dirname, '../../demo/services');
const command = ['--pdeathsig', 'KILL', process.execPath, '--import', './trace.ts', 'main.ts'];

/** Its environment is what is given here and nothing else, but for a free port. Resolves once it listens. */
export async function startDemoService(env: Readonly<Record<string, string>>): Promise<DemoService> {
  const [free = 0] = await freePorts('127.0.0.1', 1);
  const port = Number(env.PORT ?? free);
  // `setpriv` (util-linux) keeps the pid and lets the kernel end the service should the test process be killed.
  const child = spawn('setpriv', command, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ADDRESS: '127.0.0.1', PORT: `${port}`, ...env },
  });
  let text = '';
  const listens = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes(' listens on ')) listens.resolve();
    });
  }
  const ended = once(child, 'close').then(() => child.exitCode ?? child.signalCode ?? 'SIGKILL');
  const failed = ended.then((how) => {
    throw new Error(`it ended with ${how} before it listened:\n${text}`);
  });
  await Promise.race([listens.promise, failed]);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    text: () => text,
    signal: (name) => child.kill(name),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
