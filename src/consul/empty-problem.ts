import type { Problem } from '../pipeline/problem.ts';
import { titleOf } from '../pipeline/query.ts';
import type { ConsulAnswer, ConsulQuery } from '../pipeline/snapshot.ts';

/** The words for an empty answer that does not enter the snapshot. */
export function emptyProblem(query: ConsulQuery, why: string, held: ConsulAnswer | undefined): Problem {
  return problemOf('empty', query, why, held);
}

/** Likewise for a list that has lost some of what was in it. */
export function shorterProblem(query: ConsulQuery, why: string, held: ConsulAnswer): Problem {
  return problemOf('shorter', query, why, held);
}

function problemOf(
  which: 'empty' | 'shorter',
  query: ConsulQuery,
  why: string,
  held: ConsulAnswer | undefined,
): Problem {
  const name = query.kind === 'service' ? query.service : titleOf(query);
  return {
    what: `${which} answer for ${name} not believed: ${why}${kept(query, held)}`,
    remedy: `check the token's rights and ask Consul for ${name} by hand`,
  };
}

const nouns = {
  service: ['instance', 'instances'],
  node: ['instance', 'instances'],
  services: ['service', 'services'],
  nodes: ['node', 'nodes'],
  tree: ['key', 'keys'],
} as const;

/** What goes on meanwhile. */
function kept({ kind }: ConsulQuery, held: ConsulAnswer | undefined): string {
  const value = held?.value;
  if (kind === 'key') return value === undefined ? '' : ' (its value stays)';
  const count = value?.length ?? 0;
  const [one, more] = nouns[kind];
  return count === 0 ? '' : ` (${count} ${count === 1 ? `${one} stays` : `${more} stay`})`;
}
