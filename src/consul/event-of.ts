import type { Event } from '../pipeline/event.ts';
import { queryKey } from '../pipeline/query.ts';
import { type ConsulAnswer, countByHealth, isEmpty, isRegistered } from '../pipeline/snapshot.ts';

/** What is reported of a good answer; judging it took `ms`. */
export function eventOf(
  answer: ConsulAnswer,
  { changed, ms }: { readonly changed: boolean; readonly ms: number },
): Event {
  const { index } = answer;
  const query = queryKey(answer.query);
  if (!changed) return { type: 'answeredSame', query, index };
  const health = isRegistered(answer) ? countByHealth(answer.value) : {};
  return { type: 'answered', query, of: answer.query.kind, instances: sizeOf(answer), health, index, ms };
}

function sizeOf(answer: ConsulAnswer): number {
  return Array.isArray(answer.value) ? answer.value.length : isEmpty(answer) ? 0 : 1;
}
