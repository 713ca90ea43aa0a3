import { stat } from 'node:fs/promises';
import type { Problem } from '../pipeline/problem.ts';
import { targetOf } from './disk.ts';
import type { Layout } from './layout.ts';
import { manifestPath } from './manifest.ts';

/** What is not as it was published, where nginx would not start with it any more. */
export async function damageOf({ links, current }: Layout): Promise<Problem | undefined> {
  const leads = links.map(
    async ({ path, target }) => (await targetOf(path)) === target && (await isThere(path)),
  );
  const lost = links[(await Promise.all(leads)).indexOf(false)];
  if (lost !== undefined) return gone(lost.path);
  const manifest = manifestPath(current);
  if (!(await isThere(manifest))) return gone(manifest);
  // A copy that followed the links can be read, and not be replaced in one step.
  return (await targetOf(current)) === undefined ? gone(current) : undefined;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function gone(path: string): Problem {
  return {
    what: 'what nginx starts with was taken away or changed here, and is made again',
    where: path,
    remedy: 'nobody but upsync should write in this folder',
  };
}
