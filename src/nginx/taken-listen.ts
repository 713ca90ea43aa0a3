import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../pipeline/problem.ts';
import type { Candidate } from '../pipeline/release.ts';
import { type Directive, tokenize } from '../syntax/tokenize.ts';
import { configOf } from './config-of.ts';
import { isTaken, placeOfListen } from './proof-place.ts';

/**
 * What listens already where an nginx that is not running would have to for an upstream of tcp, or for the `gateway`:
 * its own test passes, and then it could not start. Whether a port of UDP is taken cannot be asked without taking it.
 */
export async function takenListen(
  candidate: Candidate,
  gateway: string | undefined,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  for (const { name, protocol, listen } of candidate.view.upstreams) {
    if (protocol !== 'tcp' || listen === undefined || !(await isTaken(listen, signal))) continue;
    return taken(listen, `upstream ${name}`, `upstreams.${name}.listen`);
  }
  // Templates of the user's own may do without it.
  if (gateway === undefined || !(await isTaken(gateway, signal)) || !(await doesListen(candidate, gateway)))
    return undefined;
  return taken(gateway, 'the gateway', 'gateway.listen');
}

function taken(where: string, forWhom: string, key: string): Problem {
  return {
    what: `another process listens where nginx is to listen for ${forWhom}, and nginx could not start`,
    where,
    remedy: `end that process, or give ${key} another place`,
  };
}

/** Whether a file of it says so. */
async function doesListen(candidate: Candidate, listen: string): Promise<boolean> {
  const place = placeOfListen(listen);
  const isThere = ({ name, args: [first], block = [] }: Directive): boolean =>
    (name === 'listen' && first !== undefined && placeOfListen(first.value) === place) || block.some(isThere);
  const folder = await configOf(candidate);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if (directivesIn(await readFile(path, 'utf8'), path).some(isThere)) return true;
  }
  return false;
}

/** What is not nginx's, such as the manifest, has none. */
function directivesIn(text: string, path: string): readonly Directive[] {
  try {
    return tokenize(text, path);
  } catch {
    return [];
  }
}
