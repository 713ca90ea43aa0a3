import { type Case, type Decision, merge, nodesOf, serve } from './decision.ts';
import { addressOf } from './instance.ts';
import type { Notice } from './outcome.ts';
import { subjectOf } from './protocol.ts';
import type { Server, Upstream, View } from './view.ts';

/** Nothing is healthy: registered servers stay, lost ones for `keepFor`, those in maintenance drain. */
export function keep({ observation, last, now }: Case): Decision {
  const { plan, registered, empty } = observation;
  const health = new Map(registered.map((instance) => [addressOf(instance), instance.health]));
  const kept = last.flatMap((server): Server[] => {
    const { lostSince, ...present } = server;
    const known = health.get(addressOf(server));
    if (server.state === 'down' || known === 'maintenance') return [];
    if (known !== undefined) return [present];
    // A time to come was written by a clock that has since been set back.
    const since = lostSince === undefined || lostSince > now ? now : lostSince;
    return now - since < plan.keepFor ? [{ ...present, lostSince: since }] : [];
  });
  if (kept.length === 0) {
    const notice: Notice = { kind: 'down', ...subjectOf(plan), empty };
    return { ...serve(observation, 'down', []), notices: [notice] };
  }
  const ends = kept.flatMap(({ lostSince }) => (lostSince === undefined ? [] : lostSince + plan.keepFor));
  const wakeAt = ends.length === 0 ? undefined : Math.min(...ends);
  const notice: Notice = {
    kind: 'kept',
    upstream: plan.name,
    empty,
    servers: kept.length,
    ...(wakeAt === undefined ? {} : { until: wakeAt }),
  };
  return {
    ...serve(observation, 'kept', merge(kept, observation.servers)),
    notices: [notice],
    wants: nodesOf(kept, plan),
    ...(wakeAt === undefined ? {} : { wakeAt }),
  };
}

/**
 * The view that is live, with what the newest one knows of lost servers: should nginx refuse the newest,
 * the time that a server is kept for must not begin anew.
 */
export function withLosses(live: View, newest: View): View {
  const newer = new Map(newest.upstreams.map((upstream) => [upstream.name, upstream]));
  const upstreams = live.upstreams.map((upstream) => timed(upstream, newer.get(upstream.name) ?? upstream));
  return { ...live, upstreams };
}

function timed(upstream: Upstream, newest: Upstream): Upstream {
  const isLost = ({ lostSince }: Server) => lostSince !== undefined;
  if (upstream === newest || !(upstream.servers.some(isLost) || newest.servers.some(isLost))) return upstream;
  const lost = new Map(newest.servers.map((server) => [addressOf(server), server.lostSince]));
  const servers = upstream.servers.map((server) => {
    if (!lost.has(addressOf(server))) return server;
    const { lostSince: _, ...present } = server;
    const lostSince = lost.get(addressOf(server));
    return lostSince === undefined ? present : { ...present, lostSince };
  });
  return { ...upstream, servers };
}
