import { catalogQuery, planFor } from '../pipeline/discover.ts';
import { perObject, whileSame } from '../pipeline/memo.ts';
import { serviceQueries } from '../pipeline/observe.ts';
import type { DiscoverPlan, UpstreamPlan } from '../pipeline/plan.ts';
import { type QueryKey, queryKey } from '../pipeline/query.ts';
import type { Upstream } from '../pipeline/view.ts';
import type { State } from './state.ts';

type Configured = State['configured'];

/** The upstreams that the configuration names, and those that nginx has by its rule. Sorted by name. */
export const followedOf = whileSame(
  (configured: Configured, served: readonly Upstream[] | undefined): readonly UpstreamPlan[] => {
    const { upstreams = [], discover } = configured ?? {};
    if (discover === undefined) return upstreams;
    const named = new Set(upstreams.map(({ name }) => name));
    const found = (served ?? []).filter(({ name, discovered }) => discovered === true && !named.has(name));
    return [...upstreams, ...found.map((upstream) => planOf(upstream)(discover))].sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
  },
);

const planOf = perObject(({ service }: Upstream) =>
  whileSame((discover: DiscoverPlan) => planFor(discover, service)),
);

/** What Consul is asked for on their behalf: of what stands together, one answer will do. */
export function followedQueries(
  configured: Configured,
  served: readonly Upstream[] | undefined,
): readonly (readonly QueryKey[])[] {
  const catalog = configured?.discover === undefined ? [] : [[queryKey(catalogQuery(configured.discover))]];
  return [...catalog, ...followedOf(configured, served).map((plan) => serviceQueries(plan).map(queryKey))];
}
