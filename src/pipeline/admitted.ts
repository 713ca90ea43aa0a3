import type { Admission } from './admission.ts';
import { type Admitted, admit, keyOf } from './instance.ts';
import type { Registered, Registration, Snapshot } from './snapshot.ts';

/** A registration, and what came of its admission. */
export interface Seen extends Admitted {
  readonly key: string;
  readonly registration: Registration;
}

const remembered = new WeakMap<
  readonly Registration[],
  { readonly admission: Admission; readonly seen: readonly Seen[] }
>();

/**
 * All registrations of an answer, each admitted or refused. An answer that stays the same gives the same object
 * again, by which whoever goes on from here knows that there is nothing to do anew: of thousands of answers, a pass
 * is mostly about one.
 */
export function admitted({ value }: Registered, admission: Admission, snapshot: Snapshot): readonly Seen[] {
  const known = remembered.get(value);
  if (known?.admission === admission) return known.seen;
  const seen = value.map((registration) => ({
    registration,
    key: keyOf(registration),
    ...admit(registration, admission, snapshot),
  }));
  // Where a host name leads is another answer.
  if (seen.every(({ lookUp }) => lookUp === undefined)) remembered.set(value, { admission, seen });
  return seen;
}
