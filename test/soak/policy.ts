import { policies, type Service } from './services.ts';
import type { Registered } from './truth.ts';

/** Who has to answer for a service and who may, by name, and whether it may have nobody. */
export interface Expected {
  readonly must: ReadonlySet<string>;
  readonly may: ReadonlySet<string>;
  readonly unavailable: boolean;
}

/** What went before, for a policy that looks back. */
export interface Past {
  /** Who answered at the last quiet point. */
  readonly served: ReadonlySet<string>;
  /** Who was usable at any time since. */
  readonly usable: ReadonlySet<string>;
  /** How many of its registrations were touched since then. */
  readonly changes: number;
}

/**
 * What the README promises: the healthy instances answer, all of them and nobody else. Without any, `down` and `drop`
 * have nobody; `keep` has those of the last ones that are still registered, maintenance aside (what is not registered
 * is kept for a second, and the checker waits for longer).
 */
export function expect(service: Service, registered: readonly Registered[], past: Past): Expected {
  const usable = new Set(registered.filter(isUsable).map(({ name }) => name));
  if (usable.size > 0) return exactly(usable);
  if (policies[service] !== 'keep') return exactly(new Set());
  const critical = registered.filter(({ state }) => state !== 'maintenance').map(({ name }) => name);
  const last = new Set(critical.filter((name) => past.served.has(name)));
  if (past.changes <= 1) return exactly(last);
  // Which of several in a row upsync came to see nobody knows: it keeps of those that it saw.
  const may = critical.filter((name) => past.served.has(name) || past.usable.has(name));
  return { must: new Set(), may: new Set(may), unavailable: true };
}

function exactly(names: ReadonlySet<string>): Expected {
  return { must: names, may: names, unavailable: names.size === 0 };
}

function isUsable({ state, weights }: Registered): boolean {
  if (state === 'passing') return weights.Passing > 0;
  return state === 'warning' && weights.Warning > 0;
}
