import { describe, expect, test } from 'vitest';
import { upstreamsOf } from '../../../src/pipeline/discover.ts';
import type { DiscoverPlan, Plan, UpstreamPlan } from '../../../src/pipeline/plan.ts';
import type { View } from '../../../src/pipeline/view.ts';
import { stage } from './fakes.ts';
import { catalog, discoverPlan, server, upstream, upstreamPlan, view } from './given.ts';

function planOf(rule: Partial<DiscoverPlan> = {}, ...upstreams: readonly UpstreamPlan[]): Plan {
  return { ...stage().pipeline.plan, upstreams, discover: discoverPlan(rule) };
}

const names = (plans: readonly UpstreamPlan[]) => plans.map(({ name }) => name);
/** What nginx has of services that were discovered. */
const had = (...services: readonly string[]): View =>
  view(...services.map((name) => upstream([server(1)], { name, service: name, discovered: true })));

test('a service with the tag gets an upstream of its name, of the instances that carry it', () => {
  const { upstreams, notices } = upstreamsOf(
    planOf(),
    catalog({ web9: ['v2', 'web'], db: [], web10: ['website'] }),
    undefined,
  );
  expect(upstreams).toMatchObject([
    { name: 'web9', service: 'web9', tags: ['web'], discovered: true, routed: true, onEmpty: 'keep' },
  ]);
  expect(notices).toEqual([]);
});

test('without a tag every service but Consul itself does, and its filter chooses the instances', () => {
  const settings = { ...discoverPlan().settings, filter: 'Service.Meta.public == "1"' };
  const { upstreams } = upstreamsOf(
    planOf({ tag: '', settings }),
    catalog({ a: [], b: ['x'], consul: [], CONSUL: [] }),
    undefined,
  );
  expect(upstreams).toMatchObject([
    { name: 'a', tags: [], filter: settings.filter },
    { name: 'b', tags: [], filter: settings.filter },
  ]);
});

test('what is excluded is not discovered, and goes where it was', () => {
  const plan = planOf({ exclude: new Set(['web8', 'web9']) });
  const { upstreams } = upstreamsOf(plan, catalog({ web8: ['web'] }), had('web9'));
  expect(upstreams).toEqual([]);
});

test('the same service gives the same object again, by which a pass tells what it need not look at', () => {
  const plan = planOf();
  const [first] = upstreamsOf(plan, catalog({ web9: ['web'] }), undefined).upstreams;
  const { upstreams } = upstreamsOf(plan, catalog({ web8: ['web'], web9: ['web'] }), had('web9'));
  expect(upstreams[1]).toBe(first);
});

test('it does so for each program that the rule is for, though another has found others', () => {
  const plan = planOf({ max: 1 });
  const listed = catalog({ web8: ['web'], web9: ['web'] });
  const [first] = upstreamsOf(plan, listed, had('web9')).upstreams;
  expect(names(upstreamsOf(plan, listed, had('web8')).upstreams)).toEqual(['web8']);
  expect(upstreamsOf(plan, listed, had('web9')).upstreams[0]).toBe(first);
});

test('what has left the catalog and nginx is known no more: it is another when it comes again', () => {
  const plan = planOf();
  const [first] = upstreamsOf(plan, catalog({ web9: ['web'] }), undefined).upstreams;
  upstreamsOf(plan, catalog({}), undefined);
  expect(upstreamsOf(plan, catalog({ web9: ['web'] }), undefined).upstreams[0]).not.toBe(first);
});

describe('a service that the configuration names', () => {
  test('is not discovered once more, and may have a route', () => {
    const api = upstreamPlan({ name: 'api', service: 'web9', keepFor: 1 });
    const { upstreams, notices } = upstreamsOf(planOf({}, api), catalog({ web9: ['web'] }), undefined);
    expect(upstreams).toEqual([{ ...api, routed: true }]);
    expect(notices).toEqual([]);
  });

  test('over tcp has no route, which http alone knows', () => {
    const db = upstreamPlan({ name: 'db', service: 'web9', protocol: 'tcp' });
    expect(upstreamsOf(planOf({}, db), catalog({ web9: ['web'] }), undefined).upstreams).toEqual([db]);
  });

  test('in another datacenter is another service', () => {
    const far = upstreamPlan({ name: 'far', service: 'web9', datacenter: 'dc2' });
    const { upstreams } = upstreamsOf(planOf({}, far), catalog({ web9: ['web'] }), undefined);
    expect(upstreams).toMatchObject([far, { name: 'web9', datacenter: '' }]);
    expect(upstreams[0]).not.toHaveProperty('routed');
  });

  test('keeps its name from others', () => {
    const web9 = upstreamPlan({ name: 'Web9', service: 'other' });
    const { upstreams, notices } = upstreamsOf(planOf({}, web9), catalog({ web9: ['web'] }), undefined);
    expect(upstreams).toEqual([web9]);
    expect(notices).toEqual([
      {
        kind: 'undiscovered',
        upstream: 'web9',
        reason: 'to nginx its name is that of the upstream "Web9"',
      },
    ]);
  });
});

describe('names', () => {
  test.each([
    'api.example.org',
    '10.0.0.1',
    'localhost',
    '8080',
    '0x7f',
    'a b',
    'a;b',
    'a\n',
    '_a',
    '-a',
    '$a',
    'é',
    '',
    'a'.repeat(64),
    '__proto__',
  ])('%j is none for an upstream: the service is left out, and that is said', (name) => {
    const tagged = new Map([...catalog({ good: ['web'] })].map(([key, answer]) => [key, answer]));
    const [[key, answer] = []] = tagged;
    if (key === undefined || answer?.query.kind !== 'services') throw new Error('no catalog');
    const value = [
      { name: 'good', tags: ['web'] },
      { name, tags: ['web'] },
    ];
    const { upstreams, notices } = upstreamsOf(
      planOf(),
      new Map([[key, { query: answer.query, value, index: '1', since: 0 }]]),
      undefined,
    );
    expect(names(upstreams)).toEqual(['good']);
    expect(notices).toMatchObject([{ kind: 'undiscovered', reason: expect.stringContaining('upstreams:') }]);
  });

  test('that nginx takes for the same: the one that is there stays, else the first', () => {
    const both = catalog({ Web: ['web'], web: ['web'] });
    expect(names(upstreamsOf(planOf(), both, undefined).upstreams)).toEqual(['Web']);
    const { upstreams, notices } = upstreamsOf(planOf(), both, had('web'));
    expect(names(upstreams)).toEqual(['web']);
    expect(notices).toMatchObject([{ kind: 'undiscovered', upstream: 'Web' }]);
  });
});

describe('more services than discover.max', () => {
  test('leave out the newcomers, and that is said with their number', () => {
    const many = catalog(Object.fromEntries(['a', 'b', 'c', 'x', 'y'].map((name) => [name, ['web']])));
    const { upstreams, notices } = upstreamsOf(planOf({ max: 3 }), many, had('x', 'y'));
    expect(names(upstreams)).toEqual(['a', 'x', 'y']);
    expect(notices).toEqual([{ kind: 'crowded', services: 2, reason: 'discover.max is 3' }]);
  });

  test('with names that are none for an upstream are named up to a number', () => {
    const odd = Array.from({ length: 5000 }, (_, at) => [`odd name ${at}`, ['web']] as const);
    const { notices } = upstreamsOf(planOf(), catalog(Object.fromEntries(odd)), undefined);
    expect(notices).toHaveLength(21);
    expect(notices.at(-1)).toMatchObject({ kind: 'crowded', services: 4980 });
  });
});

describe('what was discovered before', () => {
  test('is followed while the catalog has not answered, and is not gone', () => {
    const { upstreams, gone, isKnown } = upstreamsOf(planOf(), new Map(), had('web9'));
    expect(names(upstreams)).toEqual(['web9']);
    expect([gone.size, isKnown]).toEqual([0, false]);
  });

  test('is followed on when the catalog has it no more: its own answers say when it leaves', () => {
    const { upstreams, gone } = upstreamsOf(planOf(), catalog({ web8: ['web'], web9: [] }), had('web9'));
    expect(names(upstreams)).toEqual(['web8', 'web9']);
    expect([...gone]).toEqual(['web9']);
  });

  test('by a name in the configuration that is no longer there is not discovered', () => {
    const before = view(upstream([server(1)], { name: 'web9', service: 'web9' }));
    expect(upstreamsOf(planOf(), catalog({}), before).upstreams).toEqual([]);
  });
});
