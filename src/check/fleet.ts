import { few } from '../pipeline/few.ts';
import type { FleetPlan } from '../pipeline/plan.ts';
import type { ConsulFacts } from './consul.ts';
import { type Finding, ok, warn } from './finding.ts';

/** Whether reloads can take turns with those of other gateways, and who is at it. Where Consul is away, that is said once. */
export function checkFleet(plan: FleetPlan | undefined, { fleet, leader }: ConsulFacts): Finding[] {
  if (plan === undefined || fleet === undefined || 'problem' in leader) return [];
  const unplaced = `reloads will not wait for their turn in fleet ${plan.name}`;
  const problem = 'problem' in fleet ? fleet.problem : fleet.value.denied;
  if (problem !== undefined) return [warn('fleet', { ...problem, what: `${unplaced}: ${problem.what}` })];
  const names = 'value' in fleet ? fleet.value.names : [];
  const holders = names.slice(0, plan.reloads);
  const waiting = names.length - holders.length;
  const by = holders.length === 0 ? '' : `, by ${few(holders)}`;
  return [
    ok(
      'fleet',
      `${holders.length} of ${plan.reloads} places in fleet ${plan.name} taken${by}${waiting === 0 ? '' : `; ${waiting} more wait`}`,
    ),
  ];
}
