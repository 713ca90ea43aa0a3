import { describe, expect, test } from 'vitest';
import { freshMemory, type Memory } from '../../../src/pipeline/memory.ts';
import type { Mode } from '../../../src/pipeline/pipeline.ts';
import { queryKey } from '../../../src/pipeline/query.ts';
import { type Pass, reconcile } from '../../../src/pipeline/reconcile.ts';
import { recover } from '../../../src/pipeline/recover.ts';
import { proven, release, type Stage, stage, unproven } from './fakes.ts';
import { registrations, snapshot } from './given.ts';

const never = new AbortController().signal;

function pass(on: Stage, memory?: Memory, mode: Mode = 'apply'): Promise<Pass> {
  return reconcile(on.pipeline, memory ?? freshMemory(on.clock.now()), mode, never);
}

/** A stage on which web1 has instances at 10.0.0.1 … */
function withInstances(count: number): Stage {
  const on = stage();
  on.answers = snapshot({ web1: registrations(count) });
  return on;
}

const digest = 'web1:10.0.0.1';

describe('before every service has answered', () => {
  test('nothing is done but wait, until start_timeout at most', async () => {
    const on = stage();
    const { outcome } = await pass(on);
    expect(outcome).toMatchObject({ kind: 'waiting', missing: ['web1'], until: on.clock.now() + 30_000 });
    expect(on.done).toEqual([]);
  });

  test('then the pass goes on with what there is', async () => {
    const on = stage();
    const memory = freshMemory(on.clock.now());
    await on.clock.advance(30_000);
    const { outcome, notices } = await pass(on, memory);
    expect(outcome.kind).toBe('published');
    expect(notices).toEqual([{ kind: 'missing', upstream: 'web1', servers: 0 }]);
  });
});

describe('a change', () => {
  test('is staged, tested, published, applied and proven, in this order', async () => {
    const on = withInstances(1);
    const { outcome } = await pass(on);
    expect(on.done).toEqual(['stage', 'test', 'publish', `apply ${digest}`, `proven ${digest}`]);
    expect(outcome).toMatchObject({
      kind: 'published',
      proof: proven,
      changes: [{ upstream: 'web1', up: 1 }],
    });
  });

  test('that leaves the files as they are costs no test and no reload', async () => {
    const on = withInstances(1);
    await pass(on);
    on.done.length = 0;
    expect((await pass(on)).outcome.kind).toBe('unchanged');
    expect(on.done).toEqual([]);
  });

  test('that leaves the files as they are is in the view all the same', async () => {
    const on = withInstances(1);
    await pass(on);
    on.answers = snapshot({ web1: registrations(1, { health: 'critical' }) });
    const { outcome } = await pass(on);
    expect(outcome).toMatchObject({
      kind: 'unchanged',
      release: { digest, view: { upstreams: [{ origin: 'kept' }] } },
    });
  });

  test('that nginx refuses is never published', async () => {
    const on = withInstances(1);
    on.verdict = { kind: 'refused', problems: [{ what: 'unknown directive', where: 'a:1' }] };
    const { outcome } = await pass(on);
    expect(outcome).toMatchObject({ kind: 'rejected', stage: 'test', problems: [{ where: 'a:1' }] });
    expect(on.done).toEqual(['stage', 'test', 'discard']);
  });

  test('that cannot be rendered is never staged', async () => {
    const on = withInstances(1);
    on.renders = () => ({
      kind: 'problem',
      used: [],
      problem: { what: 'no such upstream', where: 'b.eta:2' },
    });
    expect((await pass(on)).outcome).toMatchObject({ kind: 'rejected', stage: 'render' });
    expect(on.done).toEqual([]);
  });

  test('whose disk fails is a failed outcome of that step, and is tried again', async () => {
    const on = withInstances(1);
    on.pipeline.releases.stage = () => Promise.reject(new Error('ENOSPC: no space left on device'));
    const { outcome, wakeAt } = await pass(on);
    expect(outcome).toMatchObject({
      kind: 'failed',
      step: 'stage',
      problem: { what: expect.stringContaining('ENOSPC') },
    });
    expect(wakeAt).toBe(on.clock.now() + 1000);
  });

  test('with nginx stopped is published and not proven: nginx starts with it', async () => {
    const on = withInstances(1);
    on.running = { kind: 'stopped' };
    on.proofs = [{ kind: 'stopped' }];
    expect((await pass(on)).outcome).toMatchObject({ kind: 'published', proof: { kind: 'stopped' } });
    expect(on.proven).toBeUndefined();
  });
});

describe('answers that change while the candidate is tested', () => {
  test('cost no reload of their own: the pass gives way to the next, which goes through', async () => {
    const on = withInstances(1);
    const { test: accept } = on.pipeline.gateway;
    on.pipeline.gateway.test = (...args) => {
      on.answers = snapshot({ web1: registrations(on.done.length) });
      return accept(...args);
    };
    const first = await pass(on);
    expect(first.outcome.kind).toBe('superseded');
    expect(on.done).toEqual(['stage', 'test', 'discard']);
    const second = await pass(on, first.memory);
    expect(second.outcome.kind).toBe('published');
    expect(second.memory.superseded).toBeUndefined();
  });

  test('do not count where only the index moved', async () => {
    const on = withInstances(1);
    const { test: accept } = on.pipeline.gateway;
    on.pipeline.gateway.test = (...args) => {
      on.answers = new Map([...on.answers].map(([key, answer]) => [key, { ...answer, index: '9' }]));
      return accept(...args);
    };
    expect((await pass(on)).outcome.kind).toBe('published');
  });
});

describe('a release that nginx does not come to run', () => {
  test('gives way to the one that was proven', async () => {
    const on = withInstances(1);
    on.live = on.proven = release('old');
    on.running = { kind: 'running', digest: 'old', draining: 0 };
    on.proofs = [unproven];
    const { outcome } = await pass(on);
    expect(outcome).toMatchObject({
      kind: 'rolledBack',
      release: { digest },
      to: { digest: 'old' },
      problem: { what: 'nginx does not run it' },
    });
    expect(on.done).toEqual(['stage', 'test', 'publish', `apply ${digest}`, 'rollBack old']);
  });

  test('is reloaded away where nginx runs it in part', async () => {
    const on = withInstances(1);
    on.live = on.proven = release('old');
    on.running = { kind: 'running', digest: 'half', draining: 0 };
    on.proofs = [unproven, proven];
    expect((await pass(on)).outcome.kind).toBe('rolledBack');
    expect(on.done.slice(-2)).toEqual(['rollBack old', 'apply old']);
    expect(on.events.filter(({ type }) => type === 'applied')).toEqual([
      { type: 'applied', digest, proof: 'unproven' },
      { type: 'applied', digest: 'old', proof: 'proven' },
    ]);
  });

  test('gives way to what nginx ran before, though upsync had not proven it yet', async () => {
    const on = withInstances(1);
    on.live = release('seed');
    on.running = { kind: 'running', digest: 'seed', draining: 0 };
    on.proofs = [unproven];
    expect((await pass(on)).outcome).toMatchObject({ kind: 'rolledBack', to: { digest: 'seed' } });
  });

  test('takes the links away where there was nothing before', async () => {
    const on = withInstances(1);
    on.proofs = [unproven];
    expect((await pass(on)).outcome).toMatchObject({ kind: 'rolledBack', to: undefined });
    expect(on.done.at(-1)).toBe('rollBack undefined');
  });

  test('but leaves them where nginx could not start without them', async () => {
    const on = withInstances(1);
    on.live = release(digest);
    on.verdict = { kind: 'refused', problems: [{ what: 'host not found in upstream "web1"' }] };
    on.proofs = [unproven];
    expect((await pass(on)).outcome).toMatchObject({ kind: 'failed', step: 'prove' });
    expect(on.done).toEqual([`apply ${digest}`, 'stage', 'test', 'discard']);
  });

  test('is not tried again at once, but after a back-off that grows to 4 s', async () => {
    const on = withInstances(1);
    on.live = on.proven = release('old');
    on.running = { kind: 'running', digest: 'old', draining: 0 };
    on.proofs = [unproven];
    let memory = freshMemory(on.clock.now());
    const waits: number[] = [];
    for (let count = 0; count < 4; count++) {
      const failed = await pass(on, memory);
      expect(failed.outcome.kind).toBe('rolledBack');
      waits.push((failed.wakeAt ?? 0) - on.clock.now());
      expect((await pass(on, failed.memory)).outcome.kind).toBe('held');
      await on.clock.advance(waits.at(-1) ?? 0);
      memory = failed.memory;
    }
    expect(waits).toEqual([1000, 2000, 4000, 4000]);
  });

  test('does not hold other files back', async () => {
    const on = withInstances(1);
    on.live = on.proven = release('old');
    on.proofs = [unproven, unproven, proven];
    const failed = await pass(on);
    on.answers = snapshot({ web1: registrations(2) });
    expect((await pass(on, failed.memory)).outcome.kind).toBe('published');
  });
});

describe('on disk is not in nginx', () => {
  test('a release that nginx does not run is applied again, without a new one', async () => {
    const on = withInstances(1);
    on.live = release(digest);
    on.running = { kind: 'running', digest: 'old', draining: 0 };
    expect((await pass(on)).outcome.kind).toBe('published');
    expect(on.done).toEqual([`apply ${digest}`, `proven ${digest}`]);
  });

  test('a release that nginx was started with is proven without a reload', async () => {
    const on = withInstances(1);
    on.live = release(digest);
    on.running = { kind: 'running', digest, draining: 0 };
    expect((await pass(on)).outcome.kind).toBe('unchanged');
    expect(on.done).toEqual([`proven ${digest}`]);
  });
});

describe('draining workers', () => {
  test('are looked at after each reload', async () => {
    const on = withInstances(1);
    const first = await pass(on);
    on.answers = snapshot({ web1: registrations(2) });
    on.running = { kind: 'running', digest, draining: 10 };
    const held = await pass(on, first.memory);
    expect(held.outcome.kind).toBe('held');
    expect(held.wakeAt).toBe(on.clock.now() + 1000);
  });

  test('that hold a reload back do not make an old failure spin', async () => {
    const on = withInstances(1);
    on.running = { kind: 'running', digest: undefined, draining: 10 };
    const now = on.clock.now();
    const memory = {
      ...freshMemory(now),
      reloadedAt: now,
      barred: { digest, failures: 1, until: now - 500 },
    };
    expect((await pass(on, memory)).wakeAt).toBe(now + 1000);
  });

  test('past the limit hold the next reload back, for ten seconds after the last', async () => {
    const on = withInstances(1);
    on.running = { kind: 'running', digest: undefined, draining: 10 };
    const memory = { ...freshMemory(on.clock.now()), reloadedAt: on.clock.now() };
    const held = await pass(on, memory);
    expect(held.outcome).toMatchObject({
      kind: 'held',
      why: expect.stringContaining('worker_shutdown_timeout'),
    });
    expect(on.done).toEqual(['stage', 'test', 'discard']);
    // What waits is not tested again and again.
    const again = await pass(on, held.memory);
    expect(again.outcome.kind).toBe('held');
    expect(on.done).toEqual(['stage', 'test', 'discard']);
    await on.clock.advance(10_000);
    expect((await pass(on, again.memory)).outcome.kind).toBe('published');
  });
});

test('draining workers hold nothing back that takes no reload, and it is counted as none', async () => {
  const on = withInstances(1);
  on.running = { kind: 'running', digest: 'old', draining: 10, structure: digest };
  on.proofs = [{ kind: 'proven', by: 'processes', workers: 2, draining: 0, pushed: true }];
  const reloadedAt = on.clock.now();
  await on.clock.advance(1);
  const pushed = await pass(on, { ...freshMemory(reloadedAt), reloadedAt });
  expect(pushed.outcome.kind).toBe('published');
  expect(pushed.memory.reloadedAt).toBe(reloadedAt);
  expect(on.events).toContainEqual({ type: 'applied', digest, proof: 'proven', pushed: true });
});

test.for([
  { structure: 'the same', asked: 0 },
  { structure: 'another', asked: 1 },
])('a change of $structure structure asks nginx $asked times before it is applied', async (change) => {
  const on = withInstances(1);
  on.live = { ...release('before'), structure: 'the same' };
  let asked = 0;
  const running = async () => {
    asked += 1;
    return on.running;
  };
  const releases = { ...on.pipeline.releases, structure: () => change.structure };
  const gateway = { ...on.pipeline.gateway, running };
  const { outcome } = await pass({ ...on, pipeline: { ...on.pipeline, releases, gateway } });
  expect(outcome.kind).toBe('published');
  expect(asked).toBe(change.asked);
});

test.for([
  { heard: 'before', before: release('before'), wait: 1_000 },
  { heard: undefined, before: release('before'), wait: 60_000 },
  // It may not have been taken up at all.
  { heard: undefined, before: undefined, wait: 1_000 },
])(
  'a release by push after which nginx tells $heard is tried again after $wait ms',
  async ({ heard, before, wait }) => {
    const on = withInstances(1);
    on.running = { kind: 'running', digest: heard, draining: 0 };
    on.live = before;
    on.proven = before;
    on.proofs = [unproven, proven];
    const { releases } = on.pipeline;
    const pushed: typeof releases.stage = async (...asked) => ({
      ...(await releases.stage(...asked)),
      structure: 'lua',
    });
    const { outcome, wakeAt } = await pass({
      ...on,
      pipeline: { ...on.pipeline, releases: { ...releases, stage: pushed } },
    });
    expect(outcome.kind).toBe('rolledBack');
    expect((wakeAt ?? 0) - on.clock.now()).toBe(wait);
  },
);

describe('a dry run', () => {
  test('ends after the test: it publishes nothing and signals nobody', async () => {
    const on = withInstances(1);
    expect((await pass(on, undefined, 'dry')).outcome).toMatchObject({
      kind: 'accepted',
      changes: [{ up: 1 }],
    });
    expect(on.done).toEqual(['stage', 'test', 'discard']);
  });

  test('tests though nothing would change: the verdict is what it is asked for', async () => {
    const on = withInstances(1);
    await pass(on);
    on.done.length = 0;
    expect((await pass(on, undefined, 'dry')).outcome.kind).toBe('accepted');
    expect(on.done).toEqual(['stage', 'test', 'discard']);
  });
});

describe('at a start', () => {
  test('a release that was published and never proven gives way to the proven one', async () => {
    const on = stage();
    [on.live, on.proven] = [release('new'), release('old')];
    on.running = { kind: 'running', digest: 'old', draining: 0 };
    await recover(on.pipeline, never);
    expect(on.done).toEqual(['rollBack old']);
  });

  test('unless nginx runs it', async () => {
    const on = stage();
    [on.live, on.proven] = [release('new'), release('old')];
    on.running = { kind: 'running', digest: 'new', draining: 0 };
    await recover(on.pipeline, never);
    expect(on.done).toEqual(['proven new']);
  });

  test('where nothing was proven yet, what was published stays', async () => {
    const on = stage();
    on.live = release('seed');
    await recover(on.pipeline, never);
    expect(on.done).toEqual([]);
    expect(on.events).toEqual([{ type: 'found', release: release('seed') }]);
  });
});

describe('a managed folder that was taken away', () => {
  const lost = { what: 'taken away', where: '/output' };

  test('is told once, and made again with the servers that nginx was given last', async () => {
    const on = withInstances(2);
    const first = await pass(on);
    on.live = undefined;
    on.answers = snapshot({ web1: [] });
    on.pipeline.releases.damage = async () => lost;
    on.pipeline.releases.stage = () => Promise.reject(new Error('not yet'));
    const second = await pass(on, first.memory);
    const third = await pass(on, second.memory);
    expect(third.notices).toMatchObject([{ kind: 'kept', servers: 2 }]);
    const told = on.events.filter(({ type }) => type === 'problem');
    expect(told).toEqual([{ type: 'problem', problem: lost }]);
  });

  test('is told where it went between the look for damage and that for the release', async () => {
    const on = withInstances(1);
    const { memory } = await pass(on);
    on.live = undefined;
    const looks = [undefined, lost];
    on.pipeline.releases.damage = async () => looks.shift();
    await pass(on, memory);
    expect(on.events).toContainEqual({ type: 'problem', problem: lost });
  });

  test('is told again when it comes about again', async () => {
    const on = withInstances(1);
    let { memory } = await pass(on);
    on.pipeline.releases.damage = async () => lost;
    for (const _ of [1, 2]) ({ memory } = await pass(on, memory));
    expect(on.events.filter(({ type }) => type === 'problem')).toHaveLength(2);
  });
});

describe('what templates ask for', () => {
  const key = { kind: 'key', path: 'app/port', datacenter: '' } as const;

  /** What is wanted after each pass. */
  function wanting(on: Stage): string[][] {
    const wanted: string[][] = [];
    on.pipeline.feed.want = (queries) => {
      wanted.push(queries.map(queryKey));
    };
    return wanted;
  }

  test('and is not there is waited for with nothing staged; it is wanted beside the services, and told after a while', async () => {
    const on = withInstances(1);
    const wanted = wanting(on);
    const since = on.clock.now();
    on.renders = () => ({ kind: 'waiting', missing: ['key app/port'], used: [key] });
    const first = await pass(on);
    expect(first.outcome).toEqual({ kind: 'lacking', missing: ['key app/port'], since });
    expect(first.wakeAt).toBe(since + 1_000);
    expect(wanted).toEqual([['service:web1', 'key:app/port']]);
    await on.clock.advance(60_000);
    const later = await pass(on, first.memory);
    expect(later).toMatchObject({ outcome: { kind: 'lacking', since }, wakeAt: undefined });
    expect(on.done).toEqual([]);

    const { renders } = stage();
    on.renders = renders;
    const done = await pass(on, later.memory);
    expect(done.outcome.kind).toBe('published');
    expect(wanted.at(-1)).toEqual(['service:web1']);
    on.renders = () => ({ kind: 'waiting', missing: ['key app/port'], used: [key] });
    const again = await pass(on, done.memory);
    expect(again.outcome).toMatchObject({ since: on.clock.now() });
  });

  test('is followed on where the next rendering fails before it comes to ask for it', async () => {
    const on = withInstances(1);
    const wanted = wanting(on);
    const { renders } = on;
    on.renders = (view) => ({ ...renders(view), used: [key] });
    const { memory } = await pass(on);
    on.renders = () => ({ kind: 'problem', problem: { what: 'no' }, used: [] });
    const failed = await pass(on, memory);
    on.renders = () => ({ kind: 'problem', problem: { what: 'no' }, used: [{ ...key }] });
    await pass(on, failed.memory);
    expect(wanted).toEqual(Array(3).fill(['service:web1', 'key:app/port']));
  });

  test('and that left something out is told of', async () => {
    const on = withInstances(1);
    const leftOut = { kind: 'leftOut', upstream: 'service x', instance: 'a/b/c', reason: 'port 0' } as const;
    const files = [{ path: 'http/a.conf', contents: 'a' }];
    on.renders = () => ({ kind: 'files', files, used: [], leftOut: [leftOut] });
    expect((await pass(on)).notices).toEqual([leftOut]);
  });
});
