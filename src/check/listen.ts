import { queriesOf, upstreamsOf } from '../pipeline/discover.ts';
import type { Event } from '../pipeline/event.ts';
import { type Observation, observe } from '../pipeline/observe.ts';
import type { Plan } from '../pipeline/plan.ts';
import type { Clock, Feed } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import { type QueryKey, queryKey } from '../pipeline/query.ts';
import { quiescence } from '../pipeline/quiescence.ts';

/** What was heard of the services. */
export interface Heard {
  readonly feed: Feed;
  readonly observations: readonly Observation[];
  /** Why a query has no answer. */
  readonly failures: ReadonlyMap<QueryKey, Problem>;
}

/** Who asks Consul: calls `report` for each failure, and `onChange` after each answer. */
export type Follow = (report: (event: Event) => void, onChange: () => void) => Feed;

/** Listens until every service, and every host name that one brings up, was answered or failed once. */
export async function listen(
  follow: Follow,
  plan: Plan,
  clock: Clock,
  patience: number,
  signal: AbortSignal,
): Promise<Heard> {
  const failures = new Map<QueryKey, Problem>();
  const bell = quiescence({ min: 0, max: 0 }, clock);
  const report = (event: Event) => {
    if (event.type !== 'queryFailed') return;
    failures.set(event.query, event.problem);
    bell.nudge();
  };
  const feed = follow(report, bell.nudge);
  const deadline = clock.now() + patience;
  for (;;) {
    const snapshot = feed.snapshot();
    const { upstreams } = upstreamsOf(plan, snapshot, undefined);
    const observations = observe(upstreams, plan.admission, snapshot);
    const queries = [...queriesOf(plan, upstreams), ...observations.flatMap(({ lookUps }) => lookUps)];
    feed.want(queries);
    const open = queries.map(queryKey).filter((key) => !snapshot.has(key) && !failures.has(key));
    if (open.length === 0) return { feed, observations, failures };
    if (clock.now() >= deadline) {
      for (const key of open)
        failures.set(key, { what: `no answer within ${patience / 1000} s`, where: key });
      return { feed, observations, failures };
    }
    await bell.next(deadline, signal);
    signal.throwIfAborted();
  }
}
