import { type Case, type Decision, type Held, isUp, merge, nodesOf, serve } from './decision.ts';
import { addressOf } from './instance.ts';
import type { Server } from './view.ts';

export interface Loss {
  readonly losing: readonly Server[];
  readonly of: number;
}

/** What one step would take away, if that is too much for one step. Maintenance is somebody's will, no loss. */
export function bigLoss({ observation, last, plan }: Case): Loss | undefined {
  const { servers, registered } = observation;
  if (!isUp(servers) && observation.plan.onEmpty === 'keep') return undefined;
  const draining = registered.filter(({ health }) => health === 'maintenance');
  const accounted = new Set([...servers, ...draining].map(addressOf));
  const standing = last.filter(({ state }) => state === 'up');
  const losing = standing.filter((server) => !accounted.has(addressOf(server)));
  const big = losing.length >= plan.atLeast && losing.length >= plan.maxDrop * standing.length;
  return big ? { losing, of: standing.length } : undefined;
}

/** The servers that would go stay for the grace period; newcomers are taken at once. */
export function hold({ observation, plan }: Case, { losing, of }: Loss, held: Held): Decision {
  const { name } = observation.plan;
  const until = held.since + plan.grace;
  return {
    ...serve(observation, 'held', merge(losing, observation.servers)),
    notices: [{ kind: 'held', upstream: name, losing: losing.length, of, until }],
    held,
    wakeAt: until,
    wants: nodesOf(losing, observation.plan),
  };
}
