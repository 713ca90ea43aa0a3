import { type Problem, problemOf } from '../pipeline/problem.ts';

/** What one check found: how it stands, what was looked at, and for a `warn` or `fail` what to do. */
export interface Finding extends Problem {
  readonly level: Level;
  /** What it is about, in a word: `consul`, `master`, `proof` … */
  readonly topic: string;
}

/** `warn`: upsync works, and something is worth a person's time. `fail`: it would not work, or not for long. */
export type Level = 'ok' | 'warn' | 'fail';

export function ok(topic: string, what: string): Finding {
  return { level: 'ok', topic, what };
}

export function warn(topic: string, problem: Problem): Finding {
  return { level: 'warn', topic, ...problem };
}

export function fail(topic: string, problem: Problem): Finding {
  return { level: 'fail', topic, ...problem };
}

/** What several checks ran into is said once, by the first of them. */
export function saidOnce(findings: readonly Finding[]): Finding[] {
  const first = new Map<string, Finding>();
  for (const finding of findings) {
    const identity = JSON.stringify([finding.what, finding.where]);
    if (!first.has(identity)) first.set(identity, finding);
  }
  return [...first.values()];
}

/** What was found out, or what was in the way. */
export type Attempt<T> = { readonly value: T } | { readonly problem: Problem };

/** Rejects with `signal`'s reason alone. */
export async function attempt<T>(work: () => T | Promise<T>, signal: AbortSignal): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    signal.throwIfAborted();
    return { problem: problemOf(error) };
  }
}

export function resultOf<T>(tried: Attempt<T>): T | undefined {
  return 'value' in tried ? tried.value : undefined;
}

/** `1 instance`, `2 instances`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
