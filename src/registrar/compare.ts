import type { Action } from './action.ts';
import type { Inventory } from './container.ts';
import { desire } from './desired.ts';
import { diff } from './diff.ts';
import { needsHostAddress } from './place.ts';
import type { RegistrarPlan } from './plan.ts';
import type { Registry } from './ports.ts';
import type { Desired, LeftOut, Service } from './service.ts';
import { maintenanceOf, type Signals } from './stopping.ts';

export interface Comparison {
  readonly desired: readonly Desired[];
  /** What brings the agent in step. */
  readonly actions: readonly Action[];
  readonly notices: readonly LeftOut[];
}

/** Lays what Docker reports beside what the agent reports. Throws ProblemError where the agent cannot be read. */
export async function compare(
  { host, containers }: Inventory,
  plan: RegistrarPlan,
  registry: Registry,
  signals: Signals,
  isDue: (service: Service) => boolean,
  signal: AbortSignal,
): Promise<Comparison> {
  const identity = {
    owner: plan.owner ?? host.id,
    hostname: plan.hostname ?? host.name,
    hostAddress: needsHostAddress(containers, plan) ? await registry.address(signal) : undefined,
  };
  const registered = await registry.services(signal);
  const { services: desired, leftOut } = desire(containers, plan, identity, (container) =>
    maintenanceOf(container, signals, registered),
  );
  const { actions, conflicts } = diff({ desired, registered, containers, ...identity }, plan, isDue);
  return { desired, actions, notices: [...leftOut, ...conflicts] };
}
