import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { nothing, placeOf } from '../pipeline/outside.ts';
import type { Candidate } from '../pipeline/release.ts';
import type { Overlay } from './crawl-disk.ts';

/**
 * What nginx is to read outside of the managed folder with a candidate in place, whatever is there now. Undefined for one
 * that has no say there. `config` is the folder of what nginx reads of it.
 */
export async function overlayOf(
  { folder, outside = [], kept = [] }: Pick<Candidate, 'folder' | 'outside' | 'kept'>,
  config: string,
): Promise<Overlay | undefined> {
  if (outside.length === 0 && kept.length === 0) return undefined;
  const place = (destination: string) => join(resolve(folder), placeOf(destination));
  const files = new Map<string, string | undefined>();
  for (const destination of outside) files.set(destination, place(destination));
  for (const destination of kept) {
    // Its link goes as soon as nginx runs the candidate: from then on there is no file at all.
    const isGoing = (await readFile(place(destination), 'utf8')) === nothing;
    files.set(destination, isGoing ? undefined : place(destination));
  }
  return { folder: config, files };
}
