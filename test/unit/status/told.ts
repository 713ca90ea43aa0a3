import type { Event } from '../../../src/pipeline/event.ts';
import type { Notice, Outcome } from '../../../src/pipeline/outcome.ts';
import type { Release } from '../../../src/pipeline/release.ts';
import { fold, freshState } from '../../../src/status/fold.ts';
import { statusOf } from '../../../src/status/present.ts';
import type { Status } from '../../../src/status/schema.ts';
import type { State } from '../../../src/status/state.ts';
import { release } from '../pipeline/fakes.ts';
import { server, upstream, upstreamPlan, view } from '../pipeline/given.ts';

/** When upsync starts, in ms since the epoch. */
export const start = 1_000_000;

/** An event, and how long after the start it came, in ms. */
export type Timed = readonly [after: number, event: Event];

export function stateAfter(...events: readonly Timed[]): State {
  return events.reduce(
    (state, [after, event]) => fold(state, event, start + after),
    freshState('1.2.3', start),
  );
}

/** The status `after` ms from the start. */
export function statusAt(after: number, state: State): Status {
  return statusOf(state, start + after);
}

/** The upstreams web1 and api, each following the service of its name; stale after 10 s. */
export const configured: Extract<Event, { type: 'configured' }> = {
  type: 'configured',
  upstreams: [upstreamPlan({ name: 'api', service: 'api' }), upstreamPlan()],
  terms: {
    maxStale: 10_000,
    proofTimeout: 5_000,
    via: 'reload',
    settings: { 'consul.address': 'http://127.0.0.1:8500' },
  },
};

export function answered(service: string, passing = 1, index = '7'): Event {
  const health = { passing };
  return {
    type: 'answered',
    query: `service:${service}`,
    of: 'service',
    instances: passing,
    health,
    index,
    ms: 1,
  };
}

export function failed(
  service: string,
  since: number,
  what = 'connection refused',
): Extract<Event, { type: 'queryFailed' }> {
  const problem = { what, where: 'http://127.0.0.1:8500' };
  const query = `service:${service}`;
  return { type: 'queryFailed', query, problem, failures: 2, since: start + since, retryIn: 100 };
}

/** A release in which web1 has so many servers and api one. */
export function releaseOf(digest: string, servers: number): Release {
  const web1 = Array.from({ length: servers }, (_, index) => server(index + 1));
  return release(digest, view(upstream([server(99)], { name: 'api', service: 'api' }), upstream(web1)));
}

export function published(
  made: Release,
  more: Partial<Extract<Outcome, { kind: 'published' }>> = {},
): Extract<Outcome, { kind: 'published' }> {
  return {
    kind: 'published',
    release: made,
    proof: { kind: 'proven', by: 'processes', workers: 2, draining: 0 },
    changes: [{ upstream: 'web1', gone: false, joined: [server(1)], left: [], changed: [], up: 1 }],
    warnings: [],
    steps: { test: 12.34, prove: 104.56 },
    ...more,
  };
}

export function reconciled(
  outcome: Outcome,
  { notices = [], changeToLive }: { notices?: readonly Notice[]; changeToLive?: number } = {},
): Event {
  return { type: 'reconciled', outcome, notices, ...(changeToLive === undefined ? {} : { changeToLive }) };
}

export function running(digest: string | undefined, draining = 0): Event {
  return { type: 'observed', running: { kind: 'running', digest, draining } };
}

export const stopped: Event = {
  type: 'observed',
  running: { kind: 'stopped', problem: { what: 'nginx is not running', remedy: 'start nginx' } },
};

/** All is well: both services answered, the release `a` is live, and nginx runs it. */
export const well: readonly Timed[] = [
  [0, configured],
  [10, answered('web1', 2)],
  [20, answered('api')],
  [30, { type: 'passBegan' }],
  [140, { type: 'applied', digest: 'a', proof: 'proven' }],
  [150, reconciled(published(releaseOf('a', 2)), { changeToLive: 121.44 })],
  [1_000, running('a')],
];
