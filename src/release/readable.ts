import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { peersPath } from '../pipeline/peers.ts';
import type { Barred, Reader } from '../pipeline/rights.ts';
import { layoutOf } from './layout.ts';

const bits = { search: 1, read: 4 } as const;

/**
 * The first thing, from the root on, that keeps a reader from the peers of a release, by default the live one, and from
 * the balancer's code; by owner, group and mode alone. What is not there yet is passed over.
 */
export async function firstBarred(
  output: string,
  reader: Reader,
  release = layoutOf(output).current,
): Promise<Barred | undefined> {
  const files = [join(release, peersPath), ...(await codeIn(layoutOf(output).lua))];
  const there = (await Promise.all([output, ...files].map(nearest))).flatMap(stepsTo);
  for (const path of new Set(there)) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    const right = found.isDirectory() ? 'search' : 'read';
    if (!allows(found, reader, bits[right])) return { path, right };
  }
  return undefined;
}

async function codeIn(lua: string): Promise<string[]> {
  const entries = await readdir(lua, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** With links followed: itself, or else the nearest folder around it that is there. */
async function nearest(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined) return real;
  return dirname(path) === path ? path : nearest(dirname(path));
}

/** `/a/b` is reached by `/`, `/a` and `/a/b`. */
function stepsTo(path: string): string[] {
  return dirname(path) === path ? [path] : [...stepsTo(dirname(path)), path];
}

/** Of the three sets of bits the first that fits counts, though a later one may allow more. */
function allows(
  { uid, gid, mode }: { readonly uid: number; readonly gid: number; readonly mode: number },
  reader: Reader,
  bit: number,
): boolean {
  if (reader.uid === 0) return true;
  const shift = reader.uid === uid ? 6 : reader.gids.includes(gid) ? 3 : 0;
  return ((mode >> shift) & bit) !== 0;
}
