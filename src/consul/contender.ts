import { backoff } from '../pipeline/backoff.ts';
import type { FleetPlan } from '../pipeline/plan.ts';
import type { Clock } from '../pipeline/ports.ts';
import { problemOf } from '../pipeline/problem.ts';
import type { Place } from '../pipeline/turn.ts';
import { Denied, type FleetRequests } from './fleet-requests.ts';
import type { Tuning } from './options.ts';
import { Pace } from './pace.ts';

export interface Context {
  readonly fleet: FleetPlan;
  readonly requests: FleetRequests;
  /** What people read in the KV of who stands there. */
  readonly value: () => string;
  readonly clock: Clock;
  readonly tuning: Pick<
    Tuning,
    'backoffBase' | 'backoffCap' | 'burst' | 'interval' | 'changedInterval' | 'random'
  >;
}

/** The time that Consul has in any case: of renewals, a look that waits lies between two. */
const renewals = 3;

/** One who stands in line for a place, from the first question until it goes. */
export class Contender {
  readonly #context: Context;
  readonly #onNews: (place: Place) => void;
  readonly #first = Promise.withResolvers<void>();
  readonly #gone = new AbortController();
  readonly #ended: Promise<void>;
  #session: string | undefined;
  #isIn = false;
  /** When a request began that renewed the session. */
  #renewedAt = Number.NEGATIVE_INFINITY;
  #index: bigint | undefined;
  #place: Place = { kind: 'unknown', problem: { what: 'it has not answered yet' } };

  /** It comes once `before` is settled. `onNews` is called when how it stands is of another kind than before. */
  constructor(context: Context, before: Promise<void>, onNews: (place: Place) => void) {
    this.#context = context;
    this.#onNews = onNews;
    this.#ended = before.then(() => this.#stand());
  }

  /** Settled once Consul has said how it stands, or was asked in vain. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  /** A place of a session that may have ended by now is none. */
  get place(): Place {
    const { clock, fleet } = this.#context;
    if (this.#place.kind !== 'granted' || clock.now() < this.#renewedAt + fleet.ttl) return this.#place;
    return { kind: 'unknown', problem: { what: 'the session may have ended' } };
  }

  /** Leaves the line, so that Consul tells the others. Where it cannot be told, the session ends by itself. Never rejects. */
  async leave(signal: AbortSignal): Promise<void> {
    this.#gone.abort();
    await this.#ended;
    if (this.#session !== undefined)
      await this.#context.requests.close(this.#session, signal).catch(() => undefined);
  }

  async #stand(): Promise<void> {
    const { clock, tuning } = this.#context;
    const { signal } = this.#gone;
    const pace = new Pace(tuning.burst, tuning.interval);
    let failures = 0;
    while (!signal.aborted) {
      // In a long line much happens, and a turn that is noticed late is lost to all.
      await clock.sleep(pace.turn(clock.now(), tuning.changedInterval), signal);
      try {
        await this.#look(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        this.#index = undefined;
        this.#renewedAt = Number.NEGATIVE_INFINITY;
        const problem = problemOf(error);
        this.#become({ kind: error instanceof Denied ? 'denied' : 'unknown', problem });
        const { backoffBase, backoffCap, random } = tuning;
        await clock.sleep(backoff(failures, backoffBase, backoffCap, random), signal);
      }
    }
  }

  /** One step towards its place, or one look at how it stands, which lasts until that changes. */
  async #look(signal: AbortSignal): Promise<void> {
    const { requests, fleet, clock, value } = this.#context;
    const now = clock.now();
    if (this.#session === undefined) {
      this.#session = await requests.open(fleet.ttl, signal);
      this.#renewedAt = now;
    } else if (now >= this.#renewedAt + fleet.ttl / renewals) {
      if (!(await requests.renew(this.#session, signal))) return this.#startAnew();
      this.#renewedAt = now;
    }
    if (!this.#isIn) await requests.enter(this.#session, value(), signal);
    this.#isIn = true;
    const { contenders, index } = await requests.line(this.#index, fleet.ttl / renewals, signal);
    const at = contenders.findIndex(({ session }) => session === this.#session);
    this.#isIn = at >= 0;
    this.#index = this.#isIn ? index : undefined;
    // Somebody took the key away: back to the end of the line.
    if (!this.#isIn) return this.#become({ kind: 'unknown', problem: { what: 'its key is gone' } });
    if (at < fleet.reloads) return this.#become({ kind: 'granted', place: at + 1 });
    const holders = contenders.slice(0, fleet.reloads).map(({ name }) => name);
    this.#become({ kind: 'busy', holders, before: at - fleet.reloads });
  }

  #startAnew(): void {
    this.#session = undefined;
    this.#isIn = false;
    this.#index = undefined;
    this.#become({ kind: 'unknown', problem: { what: 'the session has ended' } });
  }

  #become(place: Place): void {
    const isNews = place.kind !== this.#place.kind;
    this.#place = place;
    this.#first.resolve();
    if (isNews) this.#onNews(place);
  }
}
