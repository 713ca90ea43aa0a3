import type { Action } from './action.ts';
import type { Desired, Service } from './service.ts';

/** When each check that the registrar keeps fresh was last seen to, by the id of its service. */
export class Freshness {
  readonly #seenTo = new Map<string, number>();

  /** Whether or not the agent took it: what it refuses is not tried without end. */
  note({ kind, service: { id } }: Action, now: number): void {
    if (kind === 'register' || kind === 'report') this.#seenTo.set(id, now);
    if (kind === 'deregister') this.#seenTo.delete(id);
  }

  /** When it is to be seen to again: two tries more before it runs out. Undefined where there is nothing to keep fresh. */
  due({ id, check }: Service): number | undefined {
    if (check?.kind !== 'kept') return undefined;
    return (this.#seenTo.get(id) ?? Number.NEGATIVE_INFINITY) + check.ttl / 3;
  }

  /** The first of all of them. */
  next(desired: readonly Desired[]): number {
    const times = desired.map(({ service }) => this.due(service)).filter((at) => at !== undefined);
    return Math.min(Number.POSITIVE_INFINITY, ...times);
  }
}
