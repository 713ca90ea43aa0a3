import { readFile } from 'node:fs/promises';
import { ProblemError } from '../pipeline/problem.ts';
import type { Owner } from '../pipeline/release.ts';

/**
 * The numbers of `user` or `user:group`, by name or number: a user alone leaves the group as it is. Throws
 * ProblemError for a name that this host's files do not have; those of a directory service go by number.
 */
export async function ownerOf(text: string, where: string): Promise<Owner> {
  const [user = '', group] = text.split(':');
  const uid = await idOf(user, '/etc/passwd', where);
  return group === undefined ? { uid } : { uid, gid: await idOf(group, '/etc/group', where) };
}

async function idOf(name: string, file: string, where: string): Promise<number> {
  if (/^\d+$/.test(name)) return Number(name);
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const id = lines.map((line) => line.split(':')).find(([known]) => known === name)?.[2];
  if (id !== undefined) return Number(id);
  throw new ProblemError({
    what: `${file} has no ${name}`,
    where,
    remedy: 'add it, or name another one, by its number if need be',
  });
}
