import type { Event } from '../pipeline/event.ts';
import { withProblem } from './fold-problem.ts';
import { blockedAfter } from './fold-reconciled.ts';
import type { State, UnitState } from './state.ts';

type Units = State['units'];

const fresh: UnitState = {
  release: undefined,
  blocked: undefined,
  lacking: [],
  notices: [],
  passes: {},
};

/** Those of these names, with what is known of them. */
export function unitsOf(units: Units, names: readonly string[]): Units {
  return new Map(names.map((name) => [name, units.get(name) ?? fresh]));
}

/** Nothing that happens to another program's files changes what is said of nginx. */
export function foldUnit(
  state: State,
  { unit, event }: Extract<Event, { type: 'unit' }>,
  now: number,
): State {
  if (event.type === 'problem') {
    const { what, ...rest } = event.problem;
    return withProblem(state, { ...rest, what: `${unit}: ${what}` }, now);
  }
  if (event.type !== 'reconciled') return state;
  const after = foldPass(state.units.get(unit) ?? fresh, event, now);
  return { ...state, units: new Map(state.units).set(unit, after) };
}

function foldPass(
  unit: UnitState,
  { outcome, notices }: Extract<Event, { type: 'reconciled' }>,
  now: number,
): UnitState {
  const passes = { ...unit.passes, [outcome.kind]: (unit.passes[outcome.kind] ?? 0) + 1 };
  // A pass that waits has not looked at anything.
  const seen = outcome.kind === 'waiting' ? unit.notices : notices;
  const before = { ...unit, passes, lacking: [], notices: seen };
  switch (outcome.kind) {
    case 'published':
      return { ...before, blocked: undefined, release: { digest: outcome.release.digest, at: now } };
    case 'unchanged': {
      const { digest } = outcome.release;
      const release = unit.release?.digest === digest ? unit.release : { digest, at: now };
      return { ...before, blocked: undefined, release };
    }
    case 'rejected': {
      const { stage, problems } = outcome;
      return { ...before, blocked: blockedAfter(unit.blocked, 'rejected', stage, problems, now) };
    }
    case 'rolledBack': {
      const { to, problem } = outcome;
      const release = to === undefined ? undefined : { digest: to.digest, at: now };
      return {
        ...before,
        release,
        blocked: blockedAfter(unit.blocked, 'rolledBack', 'prove', [problem], now),
      };
    }
    case 'failed': {
      const { step, problem } = outcome;
      return { ...before, blocked: blockedAfter(unit.blocked, 'failed', step, [problem], now) };
    }
    case 'lacking':
      return { ...before, lacking: outcome.missing };
    case 'waiting':
    case 'held':
    case 'superseded':
    case 'accepted':
      return before;
  }
}
