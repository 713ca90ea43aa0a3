import { describe, expect, test } from 'vitest';
import { checkServices, type ServiceFacts } from '../../../src/check/services.ts';
import { observe } from '../../../src/pipeline/observe.ts';
import type { Emptiness, Notice } from '../../../src/pipeline/outcome.ts';
import type { UpstreamPlan } from '../../../src/pipeline/plan.ts';
import type { Registration } from '../../../src/pipeline/snapshot.ts';
import {
  admission,
  registration,
  registrations,
  snapshot as snapshotOf,
  upstreamPlan,
} from '../pipeline/given.ts';

/** What was heard of one upstream. */
function heard(
  instances: readonly Registration[] | undefined,
  plan: Partial<UpstreamPlan> = {},
  more: Partial<ServiceFacts> = {},
): ServiceFacts {
  const plans = [upstreamPlan(plan)];
  const snapshot = snapshotOf(instances === undefined ? {} : { web1: instances });
  return {
    observations: observe(plans, admission(), snapshot),
    snapshot,
    failures: new Map(),
    catalogs: [{ datacenter: '', names: { value: ['consul', 'web1'] } }],
    notices: [],
    now: 0,
    ...more,
  };
}

const said = (facts: ServiceFacts) => checkServices(facts).map(({ level, what }) => `${level} ${what}`);

describe('a service that has instances', () => {
  test('is told with how many of them take traffic, and how the others are', () => {
    const instances = [
      ...registrations(2),
      registration({ id: 'c', port: 1, health: 'critical' }),
      registration({ id: 'm', port: 2, health: 'maintenance' }),
      registration({ id: 'x', address: 'no address' }),
    ];
    expect(said(heard(instances))).toEqual([
      'ok web1  2 instances take traffic, 1 critical, 1 in maintenance, 1 left out',
    ]);
  });

  test('is named beside its upstream where they differ', () => {
    expect(said(heard(registrations(1), { name: 'api' }))).toEqual([
      'ok api (web1)  1 instance takes traffic',
    ]);
  });
});

describe('a notice', () => {
  const down = (why: Emptiness['why'], registered: number): Notice => ({
    kind: 'down',
    upstream: 'web1',
    empty: { why, registered },
  });
  const remedy = (facts: ServiceFacts) => checkServices(facts).map((finding) => finding.remedy);

  test('of nobody is a warning, with the name that was perhaps meant', () => {
    const notices = [down('none registered', 0)];
    expect(said(heard([], {}, { notices }))).toEqual(['warn web1  0 registered, it answers 503']);
    expect(remedy(heard([], {}, { notices }))).toEqual(['register it, or mend its name']);
    const catalogs = [{ datacenter: '', names: { value: ['consul', 'web-1'] } }];
    expect(remedy(heard([], {}, { notices, catalogs }))).toEqual(['did you mean web-1?']);
  });

  test('of nobody with the wanted tags says which those are', () => {
    const notices = [down('other tags', 2)];
    const facts = heard(registrations(2), { tags: ['v2', 'eu'] }, { notices });
    expect(said(facts)).toEqual(['warn web1  2 registered, none with all its tags, it answers 503']);
    expect(remedy(facts)).toEqual(['it follows those with "v2" and "eu" alone']);
  });

  test('of another upstream is not told of here', () => {
    const empty = { why: 'unhealthy', registered: 1 } as const;
    const other: Notice = { kind: 'down', upstream: 'web2', empty };
    expect(checkServices(heard([], {}, { notices: [other] }))).toEqual([]);
  });

  test('is told three times at most, and counted then', () => {
    const notices = Array.from({ length: 5 }, (_, index): Notice => {
      return { kind: 'leftOut', upstream: 'web1', instance: `dc1/n1/${index}`, reason: 'its port is 0' };
    });
    expect(said(heard(registrations(1), {}, { notices }))).toEqual([
      'ok web1  1 instance takes traffic',
      'warn web1  dc1/n1/0 is left out: its port is 0',
      'warn web1  dc1/n1/1 is left out: its port is 0',
      'warn web1  dc1/n1/2 is left out: its port is 0',
      'warn web1  and 2 more like these',
    ]);
  });
});

describe('a service that has no answer', () => {
  const problem = { what: 'empty answer for web1 not believed' };
  const failures = new Map([['service:web1', problem]]);

  test('fails with what Consul said', () => {
    expect(said(heard(undefined, {}, { failures }))).toEqual([`fail ${problem.what}`]);
  });

  test.each([{ names: { value: [] } }, { names: { problem: { what: 'Consul denied the token' } } }])(
    'is not told of where the token sees nothing anyway: %j',
    ({ names }) => {
      const catalogs = [{ datacenter: '', names }];
      expect(checkServices(heard(undefined, {}, { failures, catalogs }))).toEqual([]);
    },
  );
});
