import type { Action } from './action.ts';
import type { Container } from './container.ts';
import { failedReason, isOf, ownerOf } from './marks.ts';
import type { RegistrarPlan } from './plan.ts';
import type { Desired, LeftOut, Registered, Service } from './service.ts';
import { maintain, stepsFor } from './steps.ts';

export interface Sides {
  readonly desired: readonly Desired[];
  readonly registered: readonly Registered[];
  /** Stopped ones too, where they may keep their services. */
  readonly containers: readonly Container[];
  readonly owner: string;
  readonly hostname: string;
}

export interface Difference {
  readonly actions: readonly Action[];
  /** Services whose id another registrar's service has. */
  readonly conflicts: readonly LeftOut[];
}

/**
 * What has to be written to make the agent hold what is desired, in the order in which it is best seen:
 * who leaves is drained first; what a container left behind goes before its address is registered anew;
 * what only changed its id is there twice for a moment rather than not at all.
 */
export function diff(
  { desired, registered, containers, owner, hostname }: Sides,
  plan: RegistrarPlan,
  isDue: (service: Service) => boolean,
): Difference {
  const held = new Map(registered.map((one) => [one.id, one]));
  const actions: Action[] = [];
  const conflicts: LeftOut[] = [];
  for (const one of desired) {
    const present = held.get(one.service.id);
    const whose = present === undefined ? undefined : ownerOf(present);
    if (whose === undefined || whose === owner) actions.push(...stepsFor(one, present, isDue));
    else conflicts.push(conflict(one.service.id, whose));
  }
  const wanted = new Set(desired.map(({ service }) => service.id));
  const lives = new Set(desired.map(({ container }) => container));
  const moved: Action[] = [];
  for (const one of registered) {
    if (wanted.has(one.id) || !isOwn(one, owner, hostname, plan.cleanup)) continue;
    const container = containers.find(({ id }) => isOf(one, id));
    const failure = plan.deregister === 'always' ? undefined : failureOf(container);
    if (failure !== undefined) actions.push(...maintain(one, failure));
    else if (container !== undefined && lives.has(container.id))
      moved.push({ kind: 'deregister', service: one });
    else actions.push({ kind: 'deregister', service: one });
  }
  return { actions: [...actions.toSorted((a, b) => rank(a) - rank(b)), ...moved], conflicts };
}

function rank({ kind }: Action): number {
  return kind === 'maintain' ? 0 : kind === 'deregister' ? 1 : 2;
}

function conflict(id: string, whose: string): LeftOut {
  return {
    what: id,
    reason: `the registrar ${whose} has a service of this id in the same agent; give one of the two hosts a --hostname of its own or, where that registrar is no more, deregister the service by hand`,
  };
}

/** Whether the registrar may take it away: by its mark or, where that is asked for, by Registrator's form of an id. */
function isOwn(one: Registered, owner: string, hostname: string, cleanup: boolean): boolean {
  const marked = ownerOf(one);
  if (marked !== undefined) return marked === owner;
  if (!cleanup || !one.id.startsWith(`${hostname}:`)) return false;
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]+:\d+(:udp)?$/.test(one.id.slice(hostname.length + 1));
}

/** Why a container's services stay though it has ended: it failed, and somebody wants to see that. */
function failureOf(container: Container | undefined): string | undefined {
  if (container?.state !== 'exited') return undefined;
  // From 128 on it was ended by a signal, which is no failure of its own.
  return container.exitCode > 0 && container.exitCode < 128 ? failedReason(container.exitCode) : undefined;
}
