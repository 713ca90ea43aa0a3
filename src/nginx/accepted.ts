import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { peersPath, peersProblem } from '../pipeline/peers.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { Candidate } from '../pipeline/release.ts';

/** Why workers would not take a candidate's peers; undefined where they would, or where it has none. */
export async function peersRefusal({ folder }: Pick<Candidate, 'folder'>): Promise<Problem | undefined> {
  const path = join(folder, peersPath);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const problem = text === undefined ? undefined : peersProblem(text);
  if (problem === undefined) return undefined;
  const { what, where } = problem;
  return {
    what,
    where: where === undefined ? path : `${path}, ${where}`,
    remedy: 'report it: this is a fault of upsync',
  };
}

/** Structures that nginx accepted: it would read the same again, but for the name of the folder. */
export interface Accepted {
  has(structure: string): boolean;
  add(structure: string): void;
}

/** How many are remembered: two templates that take turns should not be tested again and again. */
const most = 20;

export function acceptedStructures(): Accepted {
  const known = new Set<string>();
  return {
    has: (structure) => known.has(structure),
    add(structure) {
      known.delete(structure);
      known.add(structure);
      const [oldest] = known;
      if (known.size > most && oldest !== undefined) known.delete(oldest);
    },
  };
}
