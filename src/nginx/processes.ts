import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';

/** One nginx worker as `/proc` shows it; helper processes (cache manager, cache loader) are none. */
export interface Worker {
  readonly pid: number;
  readonly draining: boolean;
}

/** nginx names its processes by their title. */
const masterTitle = 'nginx: master process';
const workerTitle = 'nginx: worker process';
const drainingTitle = 'shutting down';

/**
 * The master that a pid file names, or why there is none. The title is checked, because a stale pid file
 * may name anybody. `cmdline` and `task/PID/children` need no capability.
 */
export async function masterOf(pidFile: string): Promise<number | undefined> {
  const text = await told(pidFile);
  const pid = Number.parseInt(text, 10);
  return pid > 0 && (await isMaster(pid)) ? pid : undefined;
}

export async function isMaster(pid: number): Promise<boolean> {
  return (await titleOf(pid)).startsWith(masterTitle);
}

/** Whose worker `pid` is; undefined where it is no worker, or one whose master is gone. */
export async function masterOfWorker(pid: number): Promise<number | undefined> {
  if (!(await isWorker(pid))) return undefined;
  const parent = await parentOf(pid);
  return (await isMaster(parent)) ? parent : undefined;
}

/** Whether it is a worker that takes connections: one that drains takes none. */
export async function isWorker(pid: number): Promise<boolean> {
  const title = await titleOf(pid);
  return title.startsWith(workerTitle) && !title.includes(drainingTitle);
}

/** 0 where the process is gone. Its name stands in parentheses, and may hold some itself. */
export async function parentOf(pid: number): Promise<number> {
  const stat = await told(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2] ?? 0);
}

export async function workersOf(master: number): Promise<Worker[]> {
  const text = await told(`/proc/${master}/task/${master}/children`);
  const pids = text.split(' ').filter((pid) => pid !== '');
  const titles = await Promise.all(
    pids.map(async (pid) => ({ pid: Number(pid), title: await titleOf(Number(pid)) })),
  );
  return titles
    .filter(({ title }) => title.startsWith(workerTitle))
    .map(({ pid, title }) => ({ pid, draining: title.includes(drainingTitle) }));
}

/** Workers anywhere on this host whose master is gone: they hold its ports, and nobody tells them to go. */
export async function orphanedWorkers(): Promise<number[]> {
  const all = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const orphaned = await Promise.all(all.map(isOrphaned));
  return all.filter((_, index) => orphaned[index]);
}

async function isOrphaned(pid: number): Promise<boolean> {
  return (await isWorker(pid)) && (await masterOfWorker(pid)) === undefined;
}

/** What the kernel says of a process, line by line; empty where it is gone. */
export async function toldOf(pid: number): Promise<string> {
  return told(`/proc/${pid}/status`);
}

/** Empty where the process is gone. nginx ends its title with a NUL. */
async function titleOf(pid: number): Promise<string> {
  const text = await told(`/proc/${pid}/cmdline`);
  return text.replaceAll('\0', ' ').trim();
}

/**
 * What the kernel or a pid file tells, empty where there is nothing. It waits for no disk; and a read of a file
 * without a size that goes through the thread pool takes 64 KiB each time, which made half of all garbage.
 */
async function told(path: string): Promise<string> {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
