import type { Report } from '../pipeline/event.ts';
import type { Clock, Feed } from '../pipeline/ports.ts';
import { type QueryKey, queryKey } from '../pipeline/query.ts';
import type { Answer } from '../pipeline/snapshot.ts';
import { createClient } from './client.ts';
import { type ConsulOptions, TUNING, type Tuning } from './options.ts';
import { Slots } from './slots.ts';
import { type Shared, watch } from './watch.ts';

export interface FeedContext {
  readonly clock: Clock;
  readonly report: Report;
  /** Called after the value of an answer entered the snapshot or changed in it. */
  readonly onChange: () => void;
}

/**
 * Follows queries by one blocking request each, and keeps the last good answer to each. Nothing that
 * Consul says or fails to say ends a watch; only `want` and `signal` do, and `signal` closes every
 * connection. Throws a ProblemError where a TLS file cannot be read.
 */
export function createFeed(
  options: ConsulOptions,
  { clock, report, onChange }: FeedContext,
  signal: AbortSignal,
  tuning: Tuning = TUNING,
): Feed {
  const answers = new Map<QueryKey, Answer>();
  const watches = new Map<QueryKey, AbortController>();
  const client = createClient(options, tuning);
  signal.addEventListener('abort', () => client.close(), { once: true });

  const shared: Shared = {
    client,
    clock,
    report,
    tuning,
    slots: new Slots(options.maxConnections),
    maxStale: options.maxStale,
    onChange,
    keep: (answer) => answers.set(queryKey(answer.query), answer),
  };

  return {
    want(queries) {
      const wanted = new Map(queries.map((query) => [queryKey(query), query]));
      for (const [key, watched] of watches) {
        if (wanted.has(key)) continue;
        watched.abort();
        watches.delete(key);
        answers.delete(key);
      }
      for (const [key, query] of wanted) {
        if (watches.has(key)) continue;
        const stop = new AbortController();
        watches.set(key, stop);
        // It rejects only where `report` or `onChange` throws: a fault that had better be loud.
        void watch(query, shared, AbortSignal.any([signal, stop.signal]));
      }
    },
    snapshot: () => new Map(answers),
  };
}
