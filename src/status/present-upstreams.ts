import { addressOf } from '../pipeline/instance.ts';
import { perObject, whileSame } from '../pipeline/memo.ts';
import { serviceQueries } from '../pipeline/observe.ts';
import type { Notice } from '../pipeline/outcome.ts';
import type { UpstreamPlan } from '../pipeline/plan.ts';
import { queryKey } from '../pipeline/query.ts';
import { routesIn } from '../pipeline/routes.ts';
import type { Server, Upstream, View } from '../pipeline/view.ts';
import type { Status } from './schema.ts';

/** So many instances that were left out, or are odd, are named for each upstream. */
const namedInstances = 20;
/** Names and ids are as long as somebody made them. */
const longestName = 200;

const nobody: readonly never[] = [];

/** The bulk of it, 10,000 servers maybe: made anew only where something changed. */
export const upstreamsOf = whileSame(
  (plans: readonly UpstreamPlan[], served: View | undefined, notices: readonly Notice[]) => {
    const routes = routesIn(served);
    const named = new Map(served?.upstreams.map((upstream) => [upstream.name, upstream]));
    const said = Map.groupBy(notices, (notice) => ('upstream' in notice ? notice.upstream : ''));
    return Object.fromEntries(
      plans.map((plan) => [
        plan.name,
        upstreamStatusOf(plan)(named.get(plan.name), routes.get(plan.name), said.get(plan.name) ?? nobody),
      ]),
    );
  },
);

const upstreamStatusOf = perObject((plan: UpstreamPlan) =>
  whileSame((served: Upstream | undefined, route: string | undefined, notices: readonly Notice[]) =>
    upstreamStatus(plan, served, route, notices),
  ),
);

function upstreamStatus(
  plan: UpstreamPlan,
  served: Upstream | undefined,
  route: string | undefined,
  notices: readonly Notice[],
): Status['upstreams'][string] {
  const servers = served?.servers ?? [];
  const leftOut = instances(notices, 'leftOut');
  const keys = serviceQueries(plan).map(queryKey);
  return {
    service: plan.service,
    protocol: plan.protocol,
    datacenter: plan.datacenter,
    query: keys[0] ?? '',
    fallback: keys.slice(1),
    discovered: plan.discovered === true,
    route: route ?? null,
    origin: served?.origin ?? 'none',
    servers: servers.map(serverStatus),
    up: servers.filter(({ state }) => state === 'up').length,
    why: notices.map(reasonOf).find((reason) => reason !== null) ?? null,
    leftOut: leftOut.slice(0, namedInstances),
    leftOutCount: leftOut.length,
    doubtful: instances(notices, 'doubtful').slice(0, namedInstances),
  };
}

function reasonOf(notice: Notice): Status['upstreams'][string]['why'] {
  if ('reason' in notice || notice.kind === 'fallback' || notice.kind === 'left') return null;
  return {
    kind: notice.kind,
    cause: 'empty' in notice ? notice.empty.why : null,
    registered: 'empty' in notice ? notice.empty.registered : null,
    losing: 'losing' in notice ? notice.losing : null,
    until: 'until' in notice && notice.until !== undefined ? Math.round(notice.until) : null,
  };
}

function instances(notices: readonly Notice[], kind: 'leftOut' | 'doubtful') {
  return notices.flatMap((notice) =>
    notice.kind === kind && 'instance' in notice
      ? [{ instance: short(notice.instance), reason: notice.reason }]
      : [],
  );
}

function serverStatus(server: Server): Status['upstreams'][string]['servers'][number] {
  const { key, node, weight, state, lostSince } = server;
  return {
    address: addressOf(server),
    node: short(node),
    instance: short(key),
    weight,
    state,
    lostSince: lostSince === undefined ? null : Math.round(lostSince),
  };
}

export function short(name: string): string {
  return name.length <= longestName ? name : `${name.slice(0, longestName)}…`;
}
