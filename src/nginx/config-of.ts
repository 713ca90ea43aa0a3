import { realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Candidate } from '../pipeline/release.ts';

/** The folder of what nginx reads of a candidate: several releases may share it. */
export async function configOf({ folder }: Pick<Candidate, 'folder'>): Promise<string> {
  return dirname(await realpath(join(resolve(folder), 'http.conf')));
}
