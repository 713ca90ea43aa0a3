import type { FleetPlan } from '../../src/pipeline/plan.ts';

/** One place in the fleet `edge`, but for what is given. */
export function fleetPlan(given: Partial<FleetPlan> = {}): FleetPlan {
  return { name: 'edge', reloads: 1, patience: 30_000, prefix: 'upsync/fleet', ttl: 10_000, ...given };
}
