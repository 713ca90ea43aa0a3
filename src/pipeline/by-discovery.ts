import type { Found } from './discover.ts';
import type { Guarded } from './guard.ts';
import type { Observation } from './observe.ts';
import type { Notice } from './outcome.ts';
import { type PutOff, putOffThat } from './put-off.ts';
import { type Claimant, compareRoutes, isSame, routesOf, routeText } from './routes.ts';
import type { Route, Upstream, View } from './view.ts';

/**
 * Those of the found that can be: one that is new needs instances. Until Consul has answered for it, it is not there, and
 * nobody waits for it.
 */
export function thatAre(observed: readonly Observation[], before: View | undefined): Observation[] {
  const had = new Set(before?.upstreams.map(({ name }) => name));
  return observed.filter(
    (one) => one.plan.discovered !== true || had.has(one.plan.name) || hasInstances(one),
  );
}

function hasInstances(one: Observation): boolean {
  return one.servers.length > 0 || (one.answered && !one.isPending && !isEmpty(one));
}

/** Consul tells of no instance that would be one of this upstream's. */
function isEmpty({ empty: { why } }: Observation): boolean {
  return why === 'none registered' || why === 'other tags';
}

/**
 * What the guard decided, less the upstreams whose services are gone for good: neither does the catalog have them, nor is
 * there a server left that the policy for empty ones would keep. With routes, and as if what is put off had not happened.
 */
export function byDiscovery(
  guarded: Guarded,
  observed: readonly Observation[],
  { gone, notices: refused }: Found,
  before: View | undefined,
  putOff: PutOff,
): Guarded {
  const had = new Map(before?.upstreams.map((upstream) => [upstream.name, upstream]));
  const came = putOffThat(putOff, 'came');
  const went = putOffThat(putOff, 'went');
  const rerouted = putOffThat(putOff, 'route');
  const there = guarded.view.upstreams.filter((one) => !isGone(one, gone, observed));
  const names = new Set(there.map(({ name }) => name));
  const late = there.filter(
    ({ name, discovered }) => discovered === true && came.has(name) && !had.has(name),
  );
  const needed = [...had.values()].filter(
    ({ name, discovered }) => discovered === true && went.has(name) && !names.has(name),
  );
  const stay = there.filter((one) => !late.includes(one));
  const upstreams = [...stay, ...needed.map(down)].sort((a, b) => (a.name < b.name ? -1 : 1));
  const { routes: asked, notices } = routesOf(claimants(stay, observed), before?.routes ?? []);
  const { routes, late: lateRoutes } = withoutLate(asked, before?.routes ?? [], rerouted);

  const stays = new Set(upstreams.map(({ name }) => name));
  const left = [...had.keys()].filter((name) => gone.has(name) && !stays.has(name));
  const isMoot = (notice: Notice) =>
    isServing(notice) &&
    (left.includes(notice.upstream) || late.some(({ name }) => name === notice.upstream));
  return {
    ...guarded,
    view: { ...guarded.view, upstreams, routes },
    notices: [
      ...guarded.notices.filter((notice) => !isMoot(notice)),
      ...left.map((upstream): Notice => ({ kind: 'left', upstream })),
      ...refused,
      ...late.map(
        ({ name }): Notice => ({ kind: 'undiscovered', upstream: name, reason: refusal(came, name) }),
      ),
      ...needed.map(({ name }): Notice => ({ kind: 'needed', upstream: name, reason: went.get(name) ?? '' })),
      ...notices,
      ...lateRoutes.map(
        (route): Notice => ({
          kind: 'conflict',
          upstream: route.upstream,
          route: routeText(route),
          reason: refusal(rerouted, route.upstream),
        }),
      ),
    ],
  };
}

/** Whose new route is put off has its old one, unless that is another's now. */
function withoutLate(
  asked: readonly Route[],
  before: readonly Route[],
  rerouted: ReadonlyMap<string, string>,
): { readonly routes: readonly Route[]; readonly late: readonly Route[] } {
  const had = new Map(before.map((route) => [route.upstream, route]));
  const late = asked.filter(
    (route) => rerouted.has(route.upstream) && !isSame(route, had.get(route.upstream)),
  );
  const rest = asked.filter((route) => !late.includes(route));
  const old = late.flatMap(({ upstream }) => had.get(upstream) ?? []);
  const free = old.filter((route) => !rest.some((other) => isSame(other, route)));
  return { routes: [...rest, ...free].sort(compareRoutes), late };
}

function down(upstream: Upstream): Upstream {
  return { ...upstream, origin: 'down', servers: [] };
}

function refusal(why: ReadonlyMap<string, string>, name: string): string {
  return `nginx does not take it: ${why.get(name) ?? ''}`;
}

function isGone(
  { name, discovered, origin }: Upstream,
  gone: Found['gone'],
  observed: readonly Observation[],
) {
  if (discovered !== true || origin !== 'down' || !gone.has(name)) return false;
  return observed.some((one) => one.plan.name === name && one.answered);
}

/** Of those that are there. Where nothing is registered, no instance says that the route is another now. */
function claimants(upstreams: readonly Upstream[], observed: readonly Observation[]): Claimant[] {
  const seen = new Map(observed.map((one) => [one.plan.name, one]));
  return upstreams.flatMap(({ name }) => {
    const one = seen.get(name);
    if (one?.plan.routed !== true) return [];
    return [{ upstream: name, claims: isEmpty(one) ? undefined : one.claims }];
  });
}

function isServing(notice: Notice): notice is Extract<Notice, { upstream: string }> {
  return 'upstream' in notice && !('reason' in notice);
}
