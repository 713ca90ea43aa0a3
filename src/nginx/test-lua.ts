import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict } from '../pipeline/outcome.ts';
import { peersPath, peersProblem } from '../pipeline/peers.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { Candidate } from '../pipeline/release.ts';
import { type TrialOptions, tryBalancers } from './trial.ts';

/** Why workers would not take a candidate's peers; undefined where they would, or where it has none. */
export function peersRefusal({ folder }: Pick<Candidate, 'folder'>): Problem | undefined {
  const path = join(folder, peersPath);
  // By reload there is none.
  const problem = existsSync(path) ? peersProblem(readFileSync(path, 'utf8')) : undefined;
  if (problem === undefined) return undefined;
  const { what, where } = problem;
  return {
    what,
    where: where === undefined ? path : `${path}, ${where}`,
    remedy: 'report it: this is a fault of upsync',
  };
}

/**
 * What nginx's own test does not show of a candidate that it accepted: whether its upstreams are balanced in Lua at
 * all, and whether that works. `stage` is the folder of the test.
 */
export async function testLua(
  stage: string,
  options: TrialOptions,
  candidate: Pick<Candidate, 'folder' | 'structure'>,
  verdict: Extract<Verdict, { kind: 'accepted' }>,
  signal: AbortSignal,
): Promise<Verdict> {
  const replaced = verdict.warnings.find((text) => /^http\/.*load balancing method redefined/.test(text));
  if (replaced !== undefined) return { kind: 'refused', problems: [twoMethods(replaced)] };
  const folder = join(stage, 'trial');
  await mkdir(folder);
  const problem = await tryBalancers(folder, options, candidate, signal);
  return problem === undefined ? verdict : { kind: 'refused', problems: [problem] };
}

/** nginx only warns, and takes the one that stands last. */
function twoMethods(warning: string): Problem {
  return {
    what: `an upstream has a second balancing method beside it.servers: ${warning}`,
    remedy: 'write <%~ it.balance(upstream) %> in place of the method, and keepalive behind it.servers',
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
