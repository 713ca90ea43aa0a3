import type { Job } from './deliver.ts';
import type { Event } from './event.ts';
import { few } from './few.ts';
import type { Outcome, Running } from './outcome.ts';
import type { FleetPlan } from './plan.ts';
import { type Problem, sentence } from './problem.ts';

/** How it stands with a gateway's place among those of its fleet that may reload at the same time. */
export type Place =
  /** It has one: which, from 1. */
  | { readonly kind: 'granted'; readonly place: number }
  /** Others have them all; so many wait before this one. */
  | { readonly kind: 'busy'; readonly holders: readonly string[]; readonly before: number }
  /** Consul does not say for now. */
  | { readonly kind: 'unknown'; readonly problem: Problem }
  /** It never will: to ask takes rights that upsync lacks. */
  | { readonly kind: 'denied'; readonly problem: Problem };

/** The turns that the gateways of a fleet take. */
export interface Turn {
  /**
   * Asks for a place, or how it stands with the one that was asked for. Waits for Consul for a second at most, for
   * other gateways never: the bell is rung when the place comes free. Never rejects.
   */
  take(signal: AbortSignal): Promise<Place>;
  /** Gives the place back, or asks for none any more. */
  give(): void;
}

type Held = Extract<Outcome, { kind: 'held' }>;

export type Decision =
  | { readonly kind: 'wait'; readonly outcome: Held }
  | { readonly kind: 'go'; readonly event: Extract<Event, { type: 'placed' | 'unplaced' }> };

/**
 * Whether a release that takes a reload goes on at `now`, having waited since `since` (undefined: it has not). What
 * ends the wait at the latest is the fleet's patience, whatever others and Consul do.
 */
export function decide(place: Place, fleet: FleetPlan, since: number | undefined, now: number): Decision {
  const after = since === undefined ? 0 : now - since;
  if (place.kind === 'granted') {
    const { name, reloads } = fleet;
    return { kind: 'go', event: { type: 'placed', fleet: name, place: place.place, of: reloads, after } };
  }
  const until = (since ?? now) + fleet.patience;
  if (place.kind !== 'denied' && now < until) {
    return { kind: 'wait', outcome: { kind: 'held', why: whyOf(place, fleet), until, queued: true } };
  }
  return { kind: 'go', event: { type: 'unplaced', problem: unplaced(place, fleet), after } };
}

/**
 * Asks for a place for a release that takes a reload, if there is a fleet, and nginx runs what it should but for that:
 * the first release of a run, and what puts right an nginx that runs something else, wait for nobody.
 */
export async function waitForTurn(
  { pipeline: { plan, turn, clock }, memory, live }: Job,
  running: Running | undefined,
  signal: AbortSignal,
): Promise<Decision | undefined> {
  const isRight = running?.kind === 'running' && live !== undefined && running.digest === live.digest;
  if (turn === undefined || plan.fleet === undefined || memory.view === undefined || !isRight)
    return undefined;
  const place = await turn.take(signal);
  signal.throwIfAborted();
  return decide(place, plan.fleet, memory.queuedAt, clock.now());
}

function whyOf(place: Exclude<Place, { kind: 'granted' | 'denied' }>, { name, reloads }: FleetPlan): string {
  if (place.kind === 'unknown') {
    return `Consul does not tell how it stands with a place in fleet ${name}: ${sentence(place.problem)}`;
  }
  const { holders, before } = place;
  const rest = before === 0 ? '' : `; ${before} more ${before === 1 ? 'waits' : 'wait'} before this one`;
  const all = reloads === 1 ? `the place in fleet ${name} is` : `all ${reloads} places in fleet ${name} are`;
  return `${all} taken, by ${few(holders)}${rest}`;
}

function unplaced(place: Exclude<Place, { kind: 'granted' }>, { name, patience }: FleetPlan): Problem {
  const begin = `nginx is reloaded without a place in fleet ${name}`;
  if (place.kind !== 'busy') return { ...place.problem, what: `${begin}: ${place.problem.what}` };
  return {
    what: `${begin}: for ${patience / 1000} s it waited for ${few(place.holders)}`,
    remedy: 'raise fleet.reloads or fleet.patience, or see what keeps those',
  };
}
