import type { Event } from '../pipeline/event.ts';
import type { QueryKey } from '../pipeline/query.ts';
import type { QueryState } from './state.ts';

type QueryEvent = Extract<
  Event,
  { type: 'answered' | 'answeredSame' | 'queryFailed' | 'queryRecovered' | 'forgotten' }
>;

const unheard: QueryState = { answer: undefined, failing: undefined, errors: 0 };

export function foldQuery(
  queries: ReadonlyMap<QueryKey, QueryState>,
  event: QueryEvent,
  now: number,
): ReadonlyMap<QueryKey, QueryState> {
  const next = new Map(queries);
  const query = queries.get(event.query) ?? unheard;
  if (event.type === 'forgotten') next.delete(event.query);
  else next.set(event.query, after(query, event, now));
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
