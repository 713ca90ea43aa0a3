import type { Clock } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import { distinct } from '../pipeline/query.ts';
import { isAnswerTo, type Snapshot } from '../pipeline/snapshot.ts';
import { restAfter } from './retry.ts';
import type { ReloadableTemplates } from './templates.ts';

/** The texts with which nginx refused what was made: when they are tried again, though they have not changed. */
interface Refused {
  readonly keys: Snapshot;
  readonly problem: Problem;
  readonly failures: number;
  readonly until: number;
}

/**
 * Whoever may write a key must not keep the changes of services from nginx. Where templates do not render with the texts
 * as they are now, or nginx refuses what they make (a key went, or holds what cannot be written), those go on that nginx
 * took last, beside the newest services. A run that has not seen any taken waits.
 */
export function keepingKeys(templates: ReloadableTemplates, clock: Clock): ReloadableTemplates {
  let taken: Snapshot | undefined;
  let last: { readonly keys: Snapshot; readonly isKept: boolean } | undefined;
  let refused: Refused | undefined;
  /** Why those of before are in use. */
  let why: Problem | undefined;

  return {
    ...templates,

    render(view, snapshot = new Map()) {
      const keys = keysIn(snapshot);
      if (refused !== undefined && !isSame(refused.keys, keys)) refused = undefined;
      const isBarred = refused !== undefined && clock.now() < refused.until;
      const rendered = isBarred ? undefined : templates.render(view, snapshot);
      last = { keys, isKept: false };
      why = undefined;
      if (rendered?.kind === 'files' || taken === undefined || isSame(taken, keys))
        return rendered ?? templates.render(view, snapshot);
      const kept = templates.render(view, new Map([...snapshot, ...taken]));
      const used = distinct([...(rendered?.used ?? []), ...kept.used]);
      if (kept.kind !== 'files') return rendered ?? kept;
      last = { keys, isKept: true };
      why = rendered === undefined ? refused?.problem : problemIn(rendered);
      return { ...kept, used };
    },

    judge(refusal) {
      const isAside = templates.judge(refusal);
      if (isAside || last === undefined || last.isKept) return isAside;
      const { keys } = last;
      if (refusal === undefined) {
        taken = keys;
        refused = undefined;
        return false;
      }
      if (taken === undefined || isSame(taken, keys)) return false;
      const failures = (refused?.failures ?? 0) + 1;
      const until = clock.now() + restAfter(failures);
      refused = { keys, problem: refusal, failures, until };
      return true;
    },

    aside() {
      const other = templates.aside();
      if (other !== undefined || why === undefined) return other;
      const aside = { of: 'keys', problem: why } as const;
      return refused === undefined ? aside : { ...aside, until: refused.until };
    },
  };
}

function keysIn(snapshot: Snapshot): Snapshot {
  const keys = [...snapshot].filter(([, answer]) => isAnswerTo('key', answer) || isAnswerTo('tree', answer));
  return new Map(keys);
}

/** An unchanged value stays the same object. */
function isSame(some: Snapshot, others: Snapshot): boolean {
  return some.size === others.size && [...some].every(([key, { value }]) => others.get(key)?.value === value);
}

type Unmade = Exclude<ReturnType<ReloadableTemplates['render']>, { kind: 'files' }>;

function problemIn(rendered: Unmade): Problem {
  if (rendered.kind === 'problem') return rendered.problem;
  return { what: `waiting for ${rendered.missing.slice(0, 3).join(', ')}` };
}
