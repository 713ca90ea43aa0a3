import { isHostName, quoted } from './admission.ts';
import type { Seen } from './admitted.ts';
import { compare } from './compare.ts';
import type { Notice } from './outcome.ts';
import type { Route, View } from './view.ts';

/** The requests that an instance asks for: those to this host whose path is this one or lies below it. */
export type Claim = Pick<Route, 'host' | 'path'>;

/** What an instance says of its service's route. */
export interface Claimed {
  /** `datacenter/node/id`. */
  readonly key: string;
  readonly claim: Claim | { readonly refusal: string };
}

/** What one upstream's instances say. */
export interface Claimant {
  readonly upstream: string;
  /** Undefined where Consul does not say what is registered: the route stays as it was. */
  readonly claims: readonly Claimed[] | undefined;
}

/** By meta `host` and `path`; undefined where an instance has neither. */
export function parseClaim(meta: Readonly<Record<string, string>>): Claimed['claim'] | undefined {
  const host = Object.hasOwn(meta, 'host') ? meta.host : undefined;
  const path = Object.hasOwn(meta, 'path') ? meta.path : undefined;
  if (host === undefined && path === undefined) return undefined;
  const name = (host ?? '').toLowerCase();
  if (host !== undefined && !isHostName(name.replace(/^\*\./, '')))
    return { refusal: `meta host ${quoted(host)} is neither a host name nor *. and one` };
  if (path !== undefined && !isPath(path))
    return { refusal: `meta path ${quoted(path)} is no path, such as /api` };
  return { host: name, path: path === undefined || path === '/' ? '/' : path.replace(/\/$/, '') };
}

/** nginx keeps the length of what locations have in common in one byte (`ngx_http_location_tree_node_t`). */
const longestPath = 200;

/** Whole segments of characters that mean nothing to nginx, none of which leads elsewhere. */
function isPath(path: string): boolean {
  if (path === '/') return true;
  const segments = path.replace(/\/$/, '').split('/').slice(1);
  return (
    path.length <= longestPath &&
    path.startsWith('/') &&
    segments.every((segment) => /^[A-Za-z0-9._-]+$/.test(segment) && segment !== '.' && segment !== '..')
  );
}

export function claimsOf(seen: readonly Seen[]): Claimed[] {
  return seen.flatMap(({ key, registration, refusal }) => {
    const claim = refusal === undefined ? parseClaim(registration.meta) : undefined;
    return claim === undefined ? [] : [{ key, claim }];
  });
}

export interface Routed {
  /** Sorted by host and path. Each stands once. */
  readonly routes: readonly Route[];
  readonly notices: readonly Notice[];
}

/**
 * One route for each upstream whose instances ask for one. The first stays: of instances that do not agree, those of the
 * route that was there `before`, else the first by key; of upstreams that ask for the same, the one that had it before, else
 * the first by name.
 */
export function routesOf(claimants: readonly Claimant[], before: readonly Route[]): Routed {
  const had = new Map(before.map((route) => [route.upstream, route]));
  const asked = claimants.map((one) => askedBy(one, had.get(one.upstream)));
  const wanted = asked.flatMap(({ route }) => route ?? []);
  const isOld = (route: Route) => isSame(route, had.get(route.upstream));
  const inOrder = wanted.toSorted(
    (a, b) => Number(isOld(b)) - Number(isOld(a)) || compare(a.upstream, b.upstream),
  );
  const owners = new Map<string, Route>();
  const conflicts: Notice[] = [];
  for (const route of inOrder) {
    const text = routeText(route);
    const owner = owners.get(text);
    if (owner === undefined) owners.set(text, route);
    else
      conflicts.push({
        kind: 'conflict',
        upstream: route.upstream,
        route: text,
        reason: `${text} is ${owner.upstream}'s already`,
      });
  }
  return {
    routes: [...owners.values()].sort(compareRoutes),
    notices: [...asked.flatMap(({ notices }) => notices), ...conflicts],
  };
}

interface Asked {
  readonly route: Route | undefined;
  readonly notices: readonly Notice[];
}

function askedBy({ upstream, claims }: Claimant, before: Route | undefined): Asked {
  if (claims === undefined) return { route: before, notices: [] };
  const good = claims.flatMap(({ key, claim }) => ('refusal' in claim ? [] : [{ key, claim }]));
  const first = good.find(({ claim }) => isSame(claim, before)) ?? good[0];
  const odd = (instance: string, reason: string): Notice => ({
    kind: 'doubtful',
    upstream,
    instance,
    reason,
  });
  const notices = claims.flatMap(({ key, claim }) => {
    if ('refusal' in claim) return [odd(key, `its ${claim.refusal}`)];
    if (first === undefined || isSame(claim, first.claim)) return [];
    return [odd(key, `it asks for ${routeText(claim)}, and ${first.key} for ${routeText(first.claim)}`)];
  });
  return { route: first === undefined ? undefined : { ...first.claim, upstream }, notices };
}

export function isSame(a: Claim, b: Claim | undefined): boolean {
  return a.host === b?.host && a.path === b.path;
}

/** `example.org/api`, or `*` for any host. */
export function routeText({ host, path }: Claim): string {
  return `${host === '' ? '*' : host}${path}`;
}

/** The route of each upstream that has one. */
export function routesIn(view: View | undefined): ReadonlyMap<string, string> {
  return new Map((view?.routes ?? []).map((route) => [route.upstream, routeText(route)]));
}

/** The order of a view's routes. */
export function compareRoutes(a: Claim, b: Claim): number {
  return compare(a.host, b.host) || compare(a.path, b.path);
}
