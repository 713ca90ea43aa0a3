import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';
import type { Periods } from './periods.ts';
import { type Expected, expect } from './policy.ts';
import { grace, keepFor, type Service, services } from './services.ts';
import { type Survey, survey } from './survey.ts';
import { readTruth, type Truth } from './truth.ts';

/** Once all faults are over: 5 s, the longest that a policy puts a change off, and what it takes to see upsync rest. */
const patience = 5_000 + Math.max(grace, keepFor) + 1_000;

export interface Settled {
  readonly served: ReadonlyMap<Service, ReadonlySet<string>>;
  readonly requests: number;
  /** What is still not right when patience is out. */
  readonly mismatches: readonly string[];
}

export interface Asked {
  readonly consul: string;
  readonly gateway: string;
  readonly periods: Periods;
  readonly fleet: Fleet;
  /** Whether upsync has nothing more to do. */
  readonly atRest: () => boolean;
}

/** Waits until nginx answers what Consul says and upsync rests. */
export async function settle(
  { consul, gateway, periods, fleet, atRest }: Asked,
  signal: AbortSignal,
): Promise<Settled> {
  const deadline = performance.now() + patience;
  let requests = 0;
  for (;;) {
    while (!atRest() && performance.now() < deadline) await sleep(20, undefined, { signal });
    const truth = await readTruth(consul, (address) => fleet.nameOf(address), signal);
    const surveys = await lookAround(gateway, truth, periods);
    requests += surveys.reduce((sum, { found }) => sum + found.requests, 0);
    const mismatches = surveys.flatMap(({ service, expected, found }) =>
      found.mismatch === undefined ? [] : [`${service}: ${found.mismatch}; expected ${inWords(expected)}`],
    );
    // Still at rest: nothing came while we asked.
    const done = mismatches.length === 0 && atRest();
    if (done || performance.now() > deadline) {
      if (!done && mismatches.length === 0)
        mismatches.push('nginx answers as it should, but upsync does not rest');
      return {
        served: new Map(surveys.map(({ service, found }) => [service, found.served])),
        requests,
        mismatches,
      };
    }
    await sleep(20, undefined, { signal });
  }
}

interface Looked {
  readonly service: Service;
  readonly expected: Expected;
  readonly found: Survey;
}

async function lookAround(gateway: string, truth: Truth, periods: Periods): Promise<readonly Looked[]> {
  return Promise.all(
    services.map(async (service) => {
      const expected = expect(service, truth.get(service) ?? [], periods.past(service));
      return { service, expected, found: await survey(`${gateway}/${service}`, expected) };
    }),
  );
}

function inWords({ must, may, unavailable }: Expected): string {
  const list = (names: ReadonlySet<string>) => [...names].sort().join(', ');
  if (may.size === 0) return 'nobody';
  if (must.size === may.size) return list(must);
  return `some of ${list(may)}${unavailable ? ', or nobody' : ''}`;
}
