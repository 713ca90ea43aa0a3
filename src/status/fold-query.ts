import type { Event } from '../pipeline/event.ts';
import type { QueryKey } from '../pipeline/query.ts';
import type { QueryState } from './state.ts';

const types = ['answered', 'answeredSame', 'queryFailed', 'queryRecovered', 'forgotten'] as const;

type QueryEvent = Extract<Event, { type: (typeof types)[number] }>;

export function isOfQuery(event: Event): event is QueryEvent {
  return types.some((type) => type === event.type);
}

const unheard: QueryState = { answer: undefined, failing: undefined, errors: 0 };

/** A query's event, and when it was noted. */
export type Heard = readonly [event: QueryEvent, at: number];

/** The map is copied once for all of them. */
export function foldQueries(
  queries: ReadonlyMap<QueryKey, QueryState>,
  heard: readonly Heard[],
): ReadonlyMap<QueryKey, QueryState> {
  const next = new Map(queries);
  for (const [event, at] of heard) {
    if (event.type === 'forgotten') next.delete(event.query);
    else next.set(event.query, after(next.get(event.query) ?? unheard, event, at));
  }
  return next;
}

function after(
  query: QueryState,
  event: Exclude<QueryEvent, { type: 'forgotten' }>,
  now: number,
): QueryState {
  switch (event.type) {
    case 'answered': {
      const { instances, health, index } = event;
      return { ...query, failing: undefined, answer: { instances, health, index, at: now, changedAt: now } };
    }
    case 'answeredSame': {
      const { answer } = query;
      return answer === undefined
        ? query
        : { ...query, failing: undefined, answer: { ...answer, index: event.index, at: now } };
    }
    case 'queryFailed': {
      const { since, failures, problem, meanwhile = 'nothing changes' } = event;
      return { ...query, failing: { since, failures, problem, meanwhile }, errors: query.errors + 1 };
    }
    case 'queryRecovered':
      return { ...query, failing: undefined };
  }
}
