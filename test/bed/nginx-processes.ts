import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again every few milliseconds; throws after 10 s, with what was waited for. */
export async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`waited 10 s, in vain, until ${what}`);
    await sleep(5);
  }
}

export async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A zombie that nobody reaps has ended too. */
export async function runs(process: number): Promise<boolean> {
  const stat = await readFile(`/proc/${process}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

/** One that has ended meanwhile needs no signal. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

export async function hasChildren(process: number): Promise<boolean> {
  return (await readFile(`/proc/${process}/task/${process}/children`, 'utf8').catch(() => '')) !== '';
}

/** The processes that have a file open. */
export async function holdersOf(file: string): Promise<readonly number[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const holds = async (process: string) => {
    const names = await readdir(`/proc/${process}/fd`).catch(() => []);
    const open = await Promise.all(
      names.map((name) => readlink(`/proc/${process}/fd/${name}`).catch(() => '')),
    );
    return open.includes(file);
  };
  const held = await Promise.all(processes.map(holds));
  return processes.filter((_, index) => held[index]).map(Number);
}
