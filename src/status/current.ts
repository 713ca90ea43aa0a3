import type { Event } from '../pipeline/event.ts';
import type { Clock } from '../pipeline/ports.ts';
import { fold, freshState } from './fold.ts';
import { foldQueries, type Heard, isOfQuery } from './fold-query.ts';
import { statusOf } from './present.ts';
import type { Status } from './schema.ts';
import type { State } from './state.ts';
import { isAlive, notReady } from './verdict.ts';

/** The state that the events have led to, for whoever presents it. */
export interface Current {
  note(event: Event): void;
  /** Calls `listener` after each event that changed more than the pulse. */
  onChange(listener: () => void): void;
  status(): Status;
  /** As the status has it, for less: asked often, by those who want to know nothing else. */
  isAlive(): boolean;
  notReady(): string[];
}

export function currentStatus(version: string, clock: Clock): Current {
  // Nobody wants to read fractions of a millisecond since 1970.
  const now = () => Math.round(clock.now());
  let state = freshState(version, now());
  const listeners: (() => void)[] = [];
  /** Answers may come by the thousand: they wait until somebody asks, or something else happens, at most a second. */
  let heard: Heard[] = [];
  const settled = () => {
    if (heard.length > 0) state = { ...state, queries: foldQueries(state.queries, heard) };
    heard = [];
    return state;
  };
  return {
    note(event) {
      const isHeard = isOfQuery(event);
      const before = isHeard ? state : settled();
      if (isHeard) heard.push([event, now()]);
      else state = fold(before, event, now());
      if (isHeard || changed(before, state)) for (const listener of listeners) listener();
    },
    onChange: (listener) => listeners.push(listener),
    status: () => statusOf(settled(), now()),
    isAlive: () => isAlive(settled(), now()),
    notReady: () => notReady(settled(), now()),
  };
}

/** nginx is looked at every second, mostly in vain. */
function changed(before: State, after: State): boolean {
  const { pulse: _, ...was } = before;
  const { pulse: __, ...is } = after;
  const old = new Map<string, unknown>(Object.entries(was));
  return Object.entries(is).some(([key, value]) => old.get(key) !== value);
}
