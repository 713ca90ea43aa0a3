import { readdir, readFile, readlink } from 'node:fs/promises';
import { freePorts, isFree } from '../test/bed/consul-ports.ts';
import { DrillProblem } from './problem.ts';

/** The port that a person would guess, or else a free one. */
export async function friendlyPort(address: string, port: number): Promise<number> {
  if (await isFree(address, port)) return port;
  const [other = 0] = await freePorts(address, 1);
  return other;
}

/** Throws where one of them is taken, and says by whom. */
export async function assertFree(address: string, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    if (await isFree(address, port)) continue;
    const holder = await holderOf(address, port);
    throw new DrillProblem(
      `port ${port} on ${address} is in use by ${holder}; the drill's services need it. ` +
        'Stop that one (another drill, perhaps), then try again',
    );
  }
}

/** `nginx (pid 123)`, as /proc tells it. */
async function holderOf(address: string, port: number): Promise<string> {
  const sockets = await listeners(address, port);
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const file of files) {
      const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '');
      if (!sockets.has(target)) continue;
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return `${command.replaceAll('\0', ' ').trim()} (pid ${pid})`;
    }
  }
  return 'a process that cannot be seen from here';
}

/** `socket:[inode]` of all that listens there, or on every address. */
async function listeners(address: string, port: number): Promise<ReadonlySet<string>> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((table) => readFile(`/proc/net/${table}`, 'utf8').catch(() => '')),
  );
  const found = new Set<string>();
  for (const line of tables.flatMap((table) => table.split('\n'))) {
    const fields = line.trim().split(/\s+/);
    const [host = '', hex = ''] = (fields[1] ?? '').split(':');
    const covers = /^0+$/.test(host) || host === littleEndian(address);
    const listening = fields[3] === '0A';
    if (listening && covers && Number.parseInt(hex, 16) === port) found.add(`socket:[${fields[9]}]`);
  }
  return found;
}

function littleEndian(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return bytes.reverse().join('').toUpperCase();
}
