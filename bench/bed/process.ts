import { readdir, readFile, readlink } from 'node:fs/promises';

/** The kernel's unit of processor time, in ms: USER_HZ is 100 on every Linux that Node runs on. */
const tick = 10;

/** Time on the processor in ms, user and system, with that of the children that it has waited for. */
export async function cpuTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name, in brackets, may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, childrensUser, childrensSystem] = fields.slice(11, 15).map(Number);
  return ((user ?? 0) + (system ?? 0) + (childrensUser ?? 0) + (childrensSystem ?? 0)) * tick;
}

/** In MiB. */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kilobytes) / 1024;
}

/** How many TCP connections it has to a port, from `/proc/net/tcp`. */
export async function connectionsTo(pid: number, port: number): Promise<number> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const names = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  const own = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((table) => readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')),
  );
  return tables
    .flatMap((table) => table.split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote = '', state, , , , , , inode = '']) => {
      return remote.endsWith(`:${wanted}`) && state === '01' && own.has(inode);
    }).length;
}
