import { lookup } from 'node:dns/promises';
import { backoff } from '../pipeline/backoff.ts';
import type { Report } from '../pipeline/event.ts';
import type { Clock, Feed } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import { type QueryKey, queryKey } from '../pipeline/query.ts';
import { type HostAnswer, isConsulQuery } from '../pipeline/snapshot.ts';
import { Watches } from '../pipeline/watches.ts';

type HostQuery = HostAnswer['query'];

interface ResolverContext {
  readonly clock: Clock;
  readonly report: Report;
  /** Called after the addresses of a name were found, or others than before. */
  readonly onChange: () => void;
  /** Every address of a name; rejects where there is none. The machine's own resolver by default, which nginx asks too. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
}

/** How long an answer is good for, in ms: the machine's resolver tells no time to live. */
const interval = 30_000;
/** A resolver that does not answer at all is not waited for longer, in ms. */
const patience = 10_000;
const firstRetry = 1_000;

/** Follows the host names that are wanted. A name that fails to resolve keeps the addresses that it had. */
export function createResolver(
  { clock, report, onChange, resolve = addressesOf }: ResolverContext,
  signal: AbortSignal,
): Feed {
  const answers = new Map<QueryKey, HostAnswer>();

  /** Whether it resolved; what a name had stays where it did not. */
  async function look(query: HostQuery, stop: AbortSignal): Promise<boolean> {
    const found = await within(patience, resolve(query.name), clock, stop);
    if (stop.aborted) return true;
    const held = answers.get(queryKey(query));
    const value = found === undefined ? (held?.value ?? []) : [...new Set(found)].sort();
    if (held === undefined || held.value.join() !== value.join()) {
      answers.set(queryKey(query), { query, value, since: clock.now() });
      onChange();
    }
    return found !== undefined;
  }

  async function watch(query: HostQuery, stop: AbortSignal): Promise<void> {
    const key = queryKey(query);
    let failures = 0;
    let since = 0;
    while (!stop.aborted) {
      const resolved = await look(query, stop);
      if (stop.aborted) return;
      if (resolved && failures > 0)
        report({ type: 'queryRecovered', query: key, after: clock.now() - since });
      if (!resolved && failures === 0) since = clock.now();
      failures = resolved ? 0 : failures + 1;
      const retryIn = resolved ? interval : firstRetry + backoff(failures, firstRetry, interval, Math.random);
      if (!resolved)
        report({ type: 'queryFailed', query: key, problem: unresolved(query), failures, since, retryIn });
      await clock.sleep(retryIn, stop);
    }
  }

  const forget = (key: QueryKey) => {
    answers.delete(key);
    report({ type: 'forgotten', query: key });
  };

  const watches = new Watches<HostQuery>(watch, forget, signal);
  return {
    want: (queries) => watches.want(queries.filter((query) => !isConsulQuery(query))),
    snapshot: () => new Map(answers),
  };
}

function unresolved({ name }: HostQuery): Problem {
  return {
    what: 'the host name does not resolve',
    where: name,
    remedy: 'see what `getent hosts` says of it where upsync runs',
  };
}

async function addressesOf(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/** Undefined where it fails or takes too long. */
async function within<T>(
  ms: number,
  work: Promise<T>,
  clock: Clock,
  signal: AbortSignal,
): Promise<T | undefined> {
  const done = new AbortController();
  const late = clock.sleep(ms, AbortSignal.any([signal, done.signal])).then(() => undefined);
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    done.abort();
  }
}
