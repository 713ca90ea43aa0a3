import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process of nobody's that notes every signal that can be caught. */
export interface Bystander extends AsyncDisposable {
  readonly pid: number;
  /** Ends it, and tells what it got before. */
  signals(): Promise<readonly string[]>;
}

const script = `
for (const name of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'])
  process.on(name, () => console.log(name));
process.stdin.resume().on('end', () => process.exit());
console.log('ready');
`;

export async function startBystander(): Promise<Bystander> {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const said: string[] = [];
  const lines = createInterface(child.stdout);
  const ready = once(lines, 'line');
  lines.on('line', (line) => said.push(line));
  await ready;
  return {
    pid: child.pid ?? 0,
    async signals() {
      const closed = once(lines, 'close');
      child.stdin.end();
      await closed;
      return said.slice(1);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
