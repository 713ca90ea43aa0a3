import type { Container } from './container.ts';
import { isOf, pausedReason, stoppingReason, stoppingSince } from './marks.ts';
import type { Registered } from './service.ts';

const sigterm = 15;

/**
 * Which containers were sent which signals, and when by the engine's clock: whether one of them was a
 * container's stop signal shows only when that is looked at.
 */
export class Signals {
  readonly #seen = new Map<string, Map<number, number>>();

  add(container: string, signal: number, at: number): void {
    const seen = this.#seen.get(container) ?? new Map<number, number>();
    this.#seen.set(container, seen.set(signal, at));
  }

  /** Forgets containers that are gone. */
  keepOnly(containers: readonly Container[]): void {
    const ids = new Set(containers.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
  }

  /** When it was last told to stop; undefined where it was not. */
  toldToStop({ id, stopSignal }: Container): number | undefined {
    const seen = this.#seen.get(id);
    const times = [seen?.get(stopSignal), seen?.get(sigterm)].filter((at) => at !== undefined);
    return times.length === 0 ? undefined : Math.max(...times);
  }
}

/**
 * Why a container's services are to be in maintenance. One that was told to stop is on its way out until
 * it has ended or was started again, whatever it does meanwhile; that it was told is known from its
 * signals or, after a restart of the registrar, from the reason that the agent still holds.
 */
export function maintenanceOf(
  container: Container,
  signals: Signals,
  registered: readonly Registered[],
): string | undefined {
  const told = [
    signals.toldToStop(container),
    ...registered.filter((one) => isOf(one, container.id)).map((one) => stoppingSince(one.maintenance)),
  ].filter((at) => at !== undefined);
  const since = told.length === 0 ? undefined : Math.max(...told);
  // The reason holds whole milliseconds.
  if (since !== undefined && since >= Math.floor(container.startedAt)) return stoppingReason(since);
  return container.state === 'paused' ? pausedReason : undefined;
}
