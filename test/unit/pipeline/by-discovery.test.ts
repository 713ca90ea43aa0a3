import { beforeEach, describe, expect, test } from 'vitest';
import { freshMemory, type Memory } from '../../../src/pipeline/memory.ts';
import { type Pass, reconcile } from '../../../src/pipeline/reconcile.ts';
import type { Registration, Snapshot } from '../../../src/pipeline/snapshot.ts';
import { release, type Stage, stage } from './fakes.ts';
import {
  catalog,
  discoverPlan,
  registration,
  server,
  snapshot,
  upstream,
  upstreamPlan,
  view,
} from './given.ts';

const never = new AbortController().signal;

let on: Stage;
let memory: Memory;

beforeEach(() => {
  on = stage({ upstreams: [upstreamPlan()], discover: discoverPlan() });
  memory = freshMemory(on.clock.now());
});

async function pass(): Promise<Pass> {
  const made = await reconcile(on.pipeline, memory, 'apply', never);
  ({ memory } = made);
  return made;
}

function tagged(service: string, given: Partial<Registration> = {}): Registration {
  return registration({ service, id: service, tags: ['web'], address: '10.0.1.1', ...given });
}

/** web1 is there; the catalog lists these, and these have answered. */
function says(
  listed: readonly string[],
  answered: Readonly<Record<string, readonly Registration[]>>,
): Snapshot {
  const tags = Object.fromEntries(listed.map((name) => [name, ['web']]));
  return new Map([...catalog(tags), ...snapshot({ web1: [registration()], ...answered })]);
}

const liveView = () => on.live?.view;
const names = () => liveView()?.upstreams.map(({ name, origin }) => `${name} ${origin}`);
const routes = () => liveView()?.routes.map(({ host, path, upstream }) => `${host}${path} ${upstream}`);

const tests = () => on.done.filter((step) => step === 'test').length;

/** nginx refuses a candidate that this finds something wrong with. */
function nginxRefuses(fault: (upstreams: readonly string[]) => string | undefined): void {
  let staged: readonly string[] = [];
  const { releases, gateway } = on.pipeline;
  const { stage: lay } = releases;
  releases.stage = (files, candidate, ...more) => {
    staged = candidate.upstreams.map(({ name }) => name);
    return lay(files, candidate, ...more);
  };
  gateway.test = async () => {
    on.done.push('test');
    const what = fault(staged);
    return what === undefined
      ? { kind: 'accepted', warnings: [] }
      : { kind: 'refused', problems: [{ what, where: '/etc/nginx/nginx.conf:12' }] };
  };
}

describe('a service that appears', () => {
  test('gets an upstream and its route, and the log can say so', async () => {
    on.answers = says([], {});
    await pass();
    on.answers = says(['web9'], { web9: [tagged('web9', { meta: { host: 'example.org', path: '/api' } })] });
    const { outcome } = await pass();
    expect(outcome).toMatchObject({
      kind: 'published',
      changes: [{ upstream: 'web9', found: true, up: 1, route: { before: '', after: 'example.org/api' } }],
    });
    expect(liveView()?.upstreams).toMatchObject([{ name: 'web1' }, { name: 'web9', discovered: true }]);
    expect(routes()).toEqual(['example.org/api web9']);
  });

  test('holds up nobody while Consul has not answered for it', async () => {
    on.answers = says([], {});
    await pass();
    on.answers = says(['web9'], { web1: [registration({ address: '10.0.0.7' })] });
    expect((await pass()).outcome).toMatchObject({ kind: 'published', changes: [{ upstream: 'web1' }] });
    expect(names()).toEqual(['web1 live']);
  });

  test('is waited for before the first release, as the catalog is', async () => {
    on.answers = snapshot({ web1: [registration()] });
    expect((await pass()).outcome).toMatchObject({ kind: 'waiting', missing: ['the catalog'] });
    on.answers = says(['web9'], {});
    expect((await pass()).outcome).toMatchObject({ kind: 'waiting', missing: ['web9'] });
    on.answers = says(['web9'], { web9: [tagged('web9')] });
    expect((await pass()).outcome.kind).toBe('published');
    expect(names()).toEqual(['web1 live', 'web9 live']);
  });

  test('without an instance that the rule means is not there', async () => {
    on.answers = says(['web9'], { web9: [tagged('web9', { tags: ['other'] })] });
    await pass();
    expect(names()).toEqual(['web1 live']);
  });

  test('is asked for, and no more once it is gone', async () => {
    const wanted: string[] = [];
    on.pipeline.feed.want = (queries) => {
      wanted.splice(
        0,
        Number.POSITIVE_INFINITY,
        ...queries.map((query) => ('service' in query ? query.service : query.kind)),
      );
    };
    on.answers = says(['web9'], { web9: [] });
    await pass();
    expect(wanted).toEqual(['services', 'web1', 'web9']);
    on.answers = says([], {});
    await pass();
    expect(wanted).toEqual(['services', 'web1']);
  });
});

describe('a service that leaves', () => {
  beforeEach(async () => {
    on.answers = says(['web9'], { web9: [tagged('web9', { meta: { path: '/api' } })] });
    await pass();
  });

  test('stays for keep_for with its route, and then goes wholly, which is said as what it is', async () => {
    on.answers = says([], { web9: [] });
    const kept = await pass();
    expect(names()).toEqual(['web1 live', 'web9 kept']);
    expect(routes()).toEqual(['/api web9']);
    expect(kept.notices).toMatchObject([{ kind: 'kept', upstream: 'web9' }]);

    await on.clock.advance(60_000);
    const { outcome, notices } = await pass();
    expect(outcome).toMatchObject({
      kind: 'published',
      changes: [{ upstream: 'web9', gone: true, route: { before: '*/api', after: '' } }],
    });
    expect(notices).toEqual([{ kind: 'left', upstream: 'web9' }]);
    expect(names()).toEqual(['web1 live']);
    expect(routes()).toEqual([]);
  });

  test('stays while the catalog alone says so: its own answer still has instances', async () => {
    on.answers = says([], { web9: [tagged('web9')] });
    await pass();
    expect(names()).toEqual(['web1 live', 'web9 live']);
  });

  test('stays with 503 while the catalog lists it', async () => {
    on.answers = says(['web9'], { web9: [] });
    await pass();
    await on.clock.advance(60_000);
    await pass();
    expect(names()).toEqual(['web1 live', 'web9 down']);
    expect(routes()).toEqual(['/api web9']);
  });

  test('stays where the catalog has not answered, as after a restart without Consul', async () => {
    memory = freshMemory(on.clock.now() - 30_000);
    on.answers = new Map();
    const { outcome, notices } = await pass();
    expect(outcome.kind).toBe('unchanged');
    expect(names()).toEqual(['web1 kept', 'web9 kept']);
    expect(routes()).toEqual(['/api web9']);
    expect(notices).toMatchObject([
      { kind: 'missing', upstream: 'web1' },
      { kind: 'missing', upstream: 'web9' },
    ]);
  });

  test('stays while its own query fails, whatever the catalog says', async () => {
    const asleep = upstream([], { name: 'web9', service: 'web9', discovered: true });
    on.live = release('old', view(upstream([server(1)]), asleep));
    memory = freshMemory(on.clock.now() - 30_000);
    on.answers = says([], {});
    await pass();
    expect(names()).toEqual(['web1 live', 'web9 down']);
  });

  test('comes back within keep_for as if nothing had been', async () => {
    on.answers = says([], { web9: [] });
    await pass();
    on.answers = says(['web9'], { web9: [tagged('web9', { meta: { path: '/api' } })] });
    expect((await pass()).outcome.kind).toBe('unchanged');
    expect(names()).toEqual(['web1 live', 'web9 live']);
  });

  test('gives its route to the next one that asks for it', async () => {
    const other = { web5: [tagged('web5', { address: '10.0.1.5', meta: { path: '/api' } })] };
    on.answers = says(['web5', 'web9'], { web9: [tagged('web9', { meta: { path: '/api' } })], ...other });
    const { notices } = await pass();
    expect(routes()).toEqual(['/api web9']);
    expect(notices).toMatchObject([{ kind: 'conflict', upstream: 'web5', route: '*/api' }]);

    on.answers = says(['web5'], { web9: [], ...other });
    await pass();
    expect(routes()).toEqual(['/api web9']);
    await on.clock.advance(60_000);
    await pass();
    expect(routes()).toEqual(['/api web5']);
  });
});

test.each([
  ['down', ['web1 live']],
  ['drop', ['web1 live']],
] as const)('on_empty: %s lets a service that leaves go at once', async (onEmpty, left) => {
  on = stage({ discover: discoverPlan({ settings: { ...discoverPlan().settings, onEmpty } }) });
  on.answers = says(['web9'], { web9: [tagged('web9')] });
  await pass();
  expect(names()).toEqual(['web1 live', 'web9 live']);
  on.answers = says([], { web9: [] });
  const { notices } = await pass();
  expect(names()).toEqual(left);
  expect(notices).toEqual([{ kind: 'left', upstream: 'web9' }]);
});

describe('nginx refuses what came or went by discovery:', () => {
  const legacy = (upstreams: readonly string[]) =>
    upstreams.includes('legacy') ? 'duplicate upstream "legacy"' : undefined;

  test('a newcomer that it cannot have waits, and the changes of others go through in the same pass', async () => {
    on.answers = says([], {});
    await pass();
    nginxRefuses(legacy);
    on.answers = says(['legacy', 'web9'], { legacy: [tagged('legacy')], web9: [tagged('web9')] });
    const { outcome, notices, wakeAt } = await pass();
    expect(outcome.kind).toBe('published');
    expect(names()).toEqual(['web1 live', 'web9 live']);
    expect(notices).toEqual([
      {
        kind: 'undiscovered',
        upstream: 'legacy',
        reason: 'nginx does not take it: /etc/nginx/nginx.conf:12: duplicate upstream "legacy"',
      },
    ]);
    expect(wakeAt).toBe(on.clock.now() + 4_000);
  });

  test('it is tried again, ever more rarely, and taken when nginx takes it', async () => {
    nginxRefuses(legacy);
    on.answers = says(['legacy'], { legacy: [tagged('legacy')] });
    await pass();
    on.done.length = 0;
    await pass();
    expect(on.done).toEqual([]);
    await on.clock.advance(4_000);
    const { outcome, wakeAt } = await pass();
    expect(tests()).toBe(1);
    expect(outcome.kind).toBe('unchanged');
    expect(wakeAt).toBe(on.clock.now() + 8_000);

    nginxRefuses(() => undefined);
    await on.clock.advance(8_000);
    await pass();
    expect(names()).toEqual(['legacy live', 'web1 live']);
    expect(memory.putOff.size).toBe(0);
  });

  test('one that is gone and that nginx.conf names stays with 503, without its route', async () => {
    on.answers = says(['web9'], { web9: [tagged('web9', { meta: { path: '/api' } })] });
    await pass();
    nginxRefuses((upstreams) =>
      upstreams.includes('web9') ? undefined : 'host not found in upstream "web9"',
    );
    on.answers = says([], { web9: [] });
    await pass();
    await on.clock.advance(60_000);
    on.answers = says([], { web9: [], web1: [registration({ address: '10.0.0.7' })] });
    const { outcome, notices } = await pass();
    expect(outcome).toMatchObject({ kind: 'published' });
    expect(names()).toEqual(['web1 live', 'web9 down']);
    expect(routes()).toEqual([]);
    expect(notices).toMatchObject([
      { kind: 'down', upstream: 'web9' },
      {
        kind: 'needed',
        upstream: 'web9',
        reason: '/etc/nginx/nginx.conf:12: host not found in upstream "web9"',
      },
    ]);
  });

  test('where it does not say which, all of them wait', async () => {
    on.answers = says([], {});
    await pass();
    nginxRefuses((upstreams) => (upstreams.length > 1 ? 'could not build a hash' : undefined));
    on.answers = says(['a', 'b'], {
      a: [tagged('a')],
      b: [tagged('b')],
      web1: [registration({ address: '10.0.0.7' })],
    });
    const { outcome } = await pass();
    expect(outcome.kind).toBe('published');
    expect(on.live?.digest).toBe('web1:10.0.0.7');
  });

  /** Passes, as the loop makes them, until this time has gone by. */
  async function passes(ms: number): Promise<number> {
    const end = on.clock.now() + ms;
    for (let made = 1; ; made += 1) {
      if (made > 100) throw new Error('it makes one pass after the other');
      const { wakeAt } = await pass();
      if (wakeAt === undefined || wakeAt > end) return made;
      await on.clock.advance(Math.max(0, wakeAt - on.clock.now()));
    }
  }

  test.each([['s1'], ['s2'], ['s3']])(
    'one whose refusal names nobody (%s) keeps those out that came with it for a few tries only',
    async (bad) => {
      on.answers = says([], {});
      await pass();
      nginxRefuses((upstreams) => (upstreams.includes(bad) ? 'could not build a hash' : undefined));
      const all = ['s1', 's2', 's3'];
      on.answers = says(all, Object.fromEntries(all.map((name) => [name, [tagged(name)]])));
      const made = await passes(20_000);
      expect(names()).toEqual([...all.filter((name) => name !== bad), 'web1'].map((name) => `${name} live`));
      expect([...memory.putOff.keys()]).toEqual([`came ${bad}`]);
      expect(made).toBeLessThan(8);
    },
  );

  test('of many, one whose refusal names nobody is found within a minute', async () => {
    on.answers = says([], {});
    await pass();
    nginxRefuses((upstreams) => (upstreams.includes('s11') ? 'could not build a hash' : undefined));
    const all = Array.from({ length: 16 }, (_, at) => `s${at + 1}`);
    on.answers = says(all, Object.fromEntries(all.map((name) => [name, [tagged(name)]])));
    await passes(61_000);
    expect(on.live?.view.upstreams.length).toBe(16);
    expect([...memory.putOff.keys()]).toEqual(['came s11']);
  });

  test('those whose time has come have a pass each, however late they are', async () => {
    on.answers = says([], {});
    await pass();
    nginxRefuses((upstreams) => (upstreams.includes('s2') ? 'could not build a hash' : undefined));
    const all = ['s1', 's2', 's3'];
    on.answers = says(all, Object.fromEntries(all.map((name) => [name, [tagged(name)]])));
    await pass();
    await on.clock.advance(60_000);
    expect(await passes(0)).toBe(2);
    expect(names()).toEqual(['s3 live', 'web1 live']);
  });

  test('those whose time has come wait with the rest while old workers drain, and nobody looks all the time', async () => {
    on.answers = says([], {});
    await pass();
    nginxRefuses((upstreams) => (upstreams.includes('s2') ? 'could not build a hash' : undefined));
    const all = ['s1', 's2', 's3'];
    on.answers = says(all, Object.fromEntries(all.map((name) => [name, [tagged(name)]])));
    await pass();
    if (on.running.kind === 'running') on.running = { ...on.running, draining: 99 };
    await on.clock.advance(5_000);
    const { outcome, wakeAt } = await pass();
    expect(outcome.kind).toBe('held');
    expect(wakeAt).toBe(on.clock.now() + 1_000);
  });

  test('whom it names is tried ever more rarely, though nginx takes nothing without it either', async () => {
    on.answers = says([], {});
    await pass();
    nginxRefuses((upstreams) => legacy(upstreams) ?? 'cannot load certificate "/etc/ssl/a.pem"');
    on.answers = says(['legacy'], {
      legacy: [tagged('legacy')],
      web1: [registration({ address: '10.0.0.7' })],
    });
    await passes(30_000);
    expect(memory.putOff.get('came legacy')?.failures).toBe(4);
  });

  test('those whose time comes while nothing can be given to nginx are not asked about all the time', async () => {
    on.answers = says([], {});
    await pass();
    nginxRefuses((upstreams) => (upstreams.includes('s2') ? 'could not build a hash' : undefined));
    const all = ['s1', 's2', 's3'];
    on.answers = says(all, Object.fromEntries(all.map((name) => [name, [tagged(name)]])));
    await pass();
    nginxRefuses(() => 'cannot load certificate');
    await on.clock.advance(60_000);
    on.answers = new Map([...on.answers, ...snapshot({ web1: [registration({ address: '10.0.0.7' })] })]);
    expect(await passes(60_000)).toBeLessThan(40);
    nginxRefuses(() => undefined);
    await passes(10_000);
    expect(names()).toEqual(['s1 live', 's2 live', 's3 live', 'web1 live']);
  });

  test.each([
    ['nginx.conf', 'nginx'],
    ['a template', 'templates'],
  ] as const)(
    'however long %s alone was at fault, what came meanwhile is in soon after it is mended',
    async (_, who) => {
      on.answers = says([], {});
      await pass();
      const { render } = on.pipeline.templates;
      if (who === 'nginx') nginxRefuses(() => 'cannot load certificate "/etc/ssl/a.pem"');
      else on.pipeline.templates.render = () => ({ kind: 'problem', problem: { what: 'no <%' }, used: [] });
      const web1 = [registration({ address: '10.0.0.7' })];
      on.answers = says(['a'], { a: [tagged('a')], web1 });
      await passes(100_000);
      await on.clock.advance(500);
      on.answers = says(['a', 'b'], { a: [tagged('a')], b: [tagged('b')], web1 });
      await passes(100_000);
      expect(names()).toEqual(['web1 live']);
      on.pipeline.templates.render = render;
      nginxRefuses(() => undefined);
      await passes(9_000);
      expect(names()).toEqual(['a live', 'b live', 'web1 live']);
      expect(memory.putOff.size).toBe(0);
    },
  );

  test('a test that takes its time is not made many times over in one pass', async () => {
    on.answers = says([], {});
    await pass();
    nginxRefuses((upstreams) => upstreams.map((name) => `duplicate upstream "${name}"`).at(0));
    const { gateway } = on.pipeline;
    const { test: run } = gateway;
    gateway.test = async (...args) => {
      await on.clock.advance(8_000);
      return run(...args);
    };
    const all = Array.from({ length: 30 }, (_, at) => `bad${at}`);
    on.answers = says(all, Object.fromEntries(all.map((name) => [name, [tagged(name)]])));
    on.done.length = 0;
    const began = on.clock.now();
    expect((await pass()).outcome.kind).toBe('unchanged');
    expect(on.clock.now() - began).toBeLessThan(60_000);
    expect(tests()).toBeLessThanOrEqual(5);
  });

  test('a fault that is not theirs is still a rejection, and ends in one pass', async () => {
    on.answers = says([], {});
    await pass();
    nginxRefuses(() => 'unknown directive "x"');
    on.done.length = 0;
    on.answers = says(['a'], { a: [tagged('a')], web1: [registration({ address: '10.0.0.7' })] });
    expect((await pass()).outcome).toMatchObject({
      kind: 'rejected',
      problems: [{ what: 'unknown directive "x"' }],
    });
    expect(tests()).toBe(2);
    expect(on.done).not.toContain('publish');
  });

  test('one that goes with its route, while nginx takes nothing at all, costs few tests too', async () => {
    on.answers = says(['web9'], { web9: [tagged('web9', { meta: { path: '/api' } })] });
    await pass();
    nginxRefuses(() => 'unknown directive "x"');
    on.done.length = 0;
    on.answers = says([], { web9: [] });
    await on.clock.advance(60_000);
    await pass();
    await on.clock.advance(60_000);
    expect((await pass()).outcome.kind).toBe('rejected');
    expect(tests()).toBeLessThan(4);
  });

  test('one that is back before its going is tried again has its route at once', async () => {
    const back = { web9: [tagged('web9', { meta: { path: '/api' } })] };
    on.answers = says(['web9'], back);
    await pass();
    nginxRefuses((upstreams) =>
      upstreams.includes('web9') ? undefined : 'host not found in upstream "web9"',
    );
    on.answers = says([], { web9: [] });
    await pass();
    await on.clock.advance(60_000);
    await pass();
    expect(routes()).toEqual([]);
    on.answers = says(['web9'], back);
    await pass();
    expect(names()).toEqual(['web1 live', 'web9 live']);
    expect(routes()).toEqual(['/api web9']);
  });

  test('a route that nginx does not take waits, and its upstream does not', async () => {
    on.answers = says(['web9'], { web9: [tagged('web9')] });
    await pass();
    const { render } = on.pipeline.templates;
    on.pipeline.templates.render = (made, answers) =>
      made.routes.length > 0
        ? { kind: 'problem', problem: { what: 'a bad template' }, used: [] }
        : render(made, answers);
    const meta = { path: '/api' };
    on.answers = says(['web9'], { web9: [tagged('web9', { meta, address: '10.0.1.7' })] });
    const { outcome, notices } = await pass();
    expect(outcome).toMatchObject({ kind: 'published', changes: [{ upstream: 'web9', up: 1 }] });
    expect(routes()).toEqual([]);
    expect(notices).toEqual([
      {
        kind: 'conflict',
        upstream: 'web9',
        route: '*/api',
        reason: 'nginx does not take it: a bad template',
      },
    ]);
  });

  describe('a new route that nginx does not take', () => {
    const asks = (path: string) => [tagged('web9', { meta: { path } })];

    beforeEach(async () => {
      on.answers = says(['web9'], { web9: asks('/old') });
      await pass();
      const { render } = on.pipeline.templates;
      on.pipeline.templates.render = (made, answers) =>
        made.routes.some(({ path }) => path === '/new')
          ? { kind: 'problem', problem: { what: 'a bad template' }, used: [] }
          : render(made, answers);
      on.answers = says(['web9'], { web9: asks('/new') });
    });

    test('leaves the old one to its upstream', async () => {
      const { notices } = await pass();
      expect(routes()).toEqual(['/old web9']);
      expect(notices).toMatchObject([{ kind: 'conflict', upstream: 'web9', route: '*/new' }]);
    });

    test("leaves its upstream without one where the old one is another's meanwhile", async () => {
      const web5 = [tagged('web5', { address: '10.0.1.5', meta: { path: '/old' } })];
      on.answers = says(['web5', 'web9'], { web9: asks('/new'), web5 });
      nginxRefuses(() => undefined);
      await passes(10_000);
      expect(routes()).toEqual(['/old web5']);
    });

    test('is forgotten when its instances ask for the old one again', async () => {
      await pass();
      on.answers = says(['web9'], { web9: asks('/old') });
      const { outcome, notices } = await pass();
      expect(outcome.kind).toBe('unchanged');
      expect(notices).toEqual([]);
      expect(routes()).toEqual(['/old web9']);
    });
  });

  test('many of them cost few tests', async () => {
    const many = Array.from({ length: 100 }, (_, at) => `bad${at}`);
    on.answers = says([], {});
    await pass();
    nginxRefuses((upstreams) => {
      const bad = upstreams.find((name) => name.startsWith('bad'));
      return bad && `duplicate upstream "${bad}"`;
    });
    on.done.length = 0;
    on.answers = says(many, {
      ...Object.fromEntries(many.map((name) => [name, [tagged(name)]])),
      web1: [registration({ address: '10.0.0.7' })],
    });
    expect((await pass()).outcome.kind).toBe('published');
    expect(tests()).toBeLessThan(6);
  });
});

test('a release of before that names what was discovered is what a start without Consul goes on with', async () => {
  const known = view(
    upstream([server(1)]),
    upstream([server(9)], { name: 'web9', service: 'web9', discovered: true }),
  );
  on.live = { ...release('old', known), digest: 'web1:10.0.0.1 web9:10.0.0.9' };
  on.running = { kind: 'stopped' };
  memory = freshMemory(on.clock.now() - 30_000);
  const { outcome } = await pass();
  expect(outcome.kind).toBe('unchanged');
  expect(names()).toEqual(['web1 kept', 'web9 kept']);
});
