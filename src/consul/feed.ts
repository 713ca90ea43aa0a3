import type { Report } from '../pipeline/event.ts';
import type { Clock, Feed } from '../pipeline/ports.ts';
import { type QueryKey, queryKey } from '../pipeline/query.ts';
import { type ConsulAnswer, type ConsulQuery, type Indexes, isConsulQuery } from '../pipeline/snapshot.ts';
import { Watches } from '../pipeline/watches.ts';
import { createClient } from './client.ts';
import type { Failures } from './failures.ts';
import { type ConsulOptions, TUNING, type Tuning } from './options.ts';
import type { Shared } from './shared.ts';
import { Sharing } from './sharing.ts';
import { Slots } from './slots.ts';
import { lastingToken } from './token.ts';
import { watch } from './watch.ts';

export interface FeedContext {
  readonly clock: Clock;
  readonly report: Report;
  /** Called after the value of an answer entered the snapshot or changed in it. */
  readonly onChange: () => void;
}

/**
 * Follows the queries that are for Consul and keeps the last good answer to each. Nothing that
 * Consul says or fails to say ends a watch; only `want` and `signal` do, and `signal` closes every
 * connection. Throws a ProblemError where a TLS file cannot be read.
 */
export function createFeed(
  options: ConsulOptions,
  { clock, report, onChange }: FeedContext,
  signal: AbortSignal,
  tuning: Tuning = TUNING,
): Feed {
  const answers = new Map<QueryKey, ConsulAnswer>();
  let recalled: Indexes = {};
  const client = createClient({ ...options, token: lastingToken(options.token, report) }, tuning, () =>
    sharing.adapt(),
  );
  signal.addEventListener('abort', () => client.close(), { once: true });

  const failing = new Set<Failures>();
  const { maxStale, maxConnections, block } = options;
  const shared: Shared = { client, clock, report, tuning, maxStale, block, answers, failing, onChange };
  const sharing = new Sharing(shared, maxConnections, signal);
  const slots = new Slots(client.capacity);
  const watches = new Watches<ConsulQuery>(
    (query, stop) => watch(query, recalled[queryKey(query)], { ...shared, slots, sharing }, stop),
    (key) => {
      answers.delete(key);
      report({ type: 'forgotten', query: key });
    },
    signal,
  );
  return {
    want(queries, before = recalled) {
      recalled = before;
      const asked = queries.filter(isConsulQuery);
      sharing.adapt([...new Map(asked.map((query) => [queryKey(query), query])).values()]);
      watches.want(asked);
    },
    snapshot: () => new Map(answers),
  };
}
