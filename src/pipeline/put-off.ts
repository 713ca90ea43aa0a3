import type { Problem } from './problem.ts';
import { routesIn } from './routes.ts';
import type { View } from './view.ts';

/**
 * What came or went by discovery and nginx did not take: it waits, since whoever registers a service must not
 * keep the changes of others from nginx. Some name may be that of an upstream of nginx.conf's own, or of a host that it
 * names with a port; and what is gone may be named there. By `keyOf`.
 */
export type PutOff = ReadonlyMap<string, Refused>;

/** What happened to an upstream. `route`: it has another one, or none any more. */
export interface Moved {
  readonly name: string;
  readonly how: 'came' | 'went' | 'route';
}

interface Refused extends Moved {
  readonly why: string;
  /** nginx said that it is this one. */
  readonly isNamed: boolean;
  readonly failures: number;
  /** When it is tried again, in ms since the epoch; together with those of the same time. */
  readonly until: number;
}

/** The wait for the next try doubles between these, in ms: each costs a test. */
const firstRetry = 4_000;
const lastRetry = 600_000;

/** So many tests of one pass go into finding out which by name: whatever else has changed waits meanwhile. */
const patience = 2;

/** So many tests are made in one pass at most. */
export const testsInPass = 5;

function keyOf({ name, how }: Moved): string {
  return `${how} ${name}`;
}

/** Those that are not tried now: of those whose time has come, the first are, and the others have their own pass. */
export function inEffect(putOff: PutOff, now: number): PutOff {
  const first = dueOf(putOff);
  if (first === undefined || now < first) return putOff;
  return new Map([...putOff].filter(([, { until }]) => until !== first));
}

/** When the first of those is tried again whose time comes after `since`, in ms since the epoch. */
export function dueOf(putOff: PutOff, since = 0): number | undefined {
  const times = [...putOff.values()].map(({ until }) => until).filter((until) => until > since);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Why it is put off, by the names of those that this happened to. */
export function putOffThat(putOff: PutOff, how: Moved['how']): ReadonlyMap<string, string> {
  const some = [...putOff.values()].filter((one) => one.how === how);
  return new Map(some.map(({ name, why }) => [name, why]));
}

/** What happened by discovery from one view to the next, less what is put off already. */
export function movedByDiscovery(before: View | undefined, after: View, putOff: PutOff): Moved[] {
  const [was, is] = [discoveredIn(before), discoveredIn(after)];
  const [led, leads] = [routesIn(before), routesIn(after)];
  const all = [...is.difference(was)].map((name): Moved => ({ name, how: 'came' }));
  all.push(...[...was.difference(is)].map((name): Moved => ({ name, how: 'went' })));
  for (const name of new Set([...led.keys(), ...leads.keys()])) {
    const isThere = was.has(name) === is.has(name);
    if (isThere && led.get(name) !== leads.get(name)) all.push({ name, how: 'route' });
  }
  return all.filter((moved) => !putOff.has(keyOf(moved)));
}

function discoveredIn(view: View | undefined): Set<string> {
  const found = (view?.upstreams ?? []).filter(({ discovered }) => discovered === true);
  return new Set(found.map(({ name }) => name));
}

/**
 * With those that the problems name. Where they name none, or too many one after the other, with all of them, in two
 * halves that are tried one after the other: those that nginx would take are not to share the lot of those that it does
 * not for ever.
 */
export function putOffMore(
  known: PutOff,
  moved: readonly Moved[],
  problems: readonly Problem[],
  tests: number,
  now: number,
): PutOff {
  const named = tests <= patience ? namedIn(problems, moved) : [];
  const why = problems[0] === undefined ? 'it was refused' : placed(problems[0]);
  const isNamed = named.length > 0;
  const more = (isNamed ? named : moved).map((one, at, { length }) => {
    const failures = (known.get(keyOf(one))?.failures ?? 0) + 1;
    const half = !isNamed && at >= length / 2 ? 1 : 0;
    const until = now + Math.min(lastRetry, firstRetry * 2 ** (failures - 1)) + half;
    return [keyOf(one), { ...one, why, isNamed, failures, until }] as const;
  });
  return new Map([...known, ...more]);
}

/** What moved, and was named by nobody, is cleared: nginx takes nothing without it either. It is tried at `until`. */
export function cleared(putOff: PutOff, before: PutOff, moved: readonly Moved[], until: number): PutOff {
  const innocent = moved.flatMap((one) => {
    const key = keyOf(one);
    const now = putOff.get(key);
    if (now === undefined || now.isNamed) return [];
    return [[key, { ...now, failures: before.get(key)?.failures ?? 0, until }] as const];
  });
  return new Map([...putOff, ...innocent]);
}

function namedIn(problems: readonly Problem[], moved: readonly Moved[]): readonly Moved[] {
  const text = problems.map(({ what }) => what.toLowerCase()).join('\n');
  return moved.filter(({ name }) => mentions(text, name.toLowerCase()));
}

/** As in `duplicate upstream "web1"` and `there is no upstream web1`. */
function mentions(text: string, name: string): boolean {
  return text.includes(`upstream "${name}"`) || new RegExp(`upstream ${name}(?![\\w-])`).test(text);
}

function placed({ what, where }: Problem): string {
  return where === undefined ? what : `${where}: ${what}`;
}
