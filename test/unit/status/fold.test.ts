import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import type { Notice } from '../../../src/pipeline/outcome.ts';
import { statusSchema } from '../../../src/status/schema.ts';
import { server } from '../pipeline/given.ts';
import {
  answered,
  configured,
  failed,
  published,
  reconciled,
  releaseOf,
  running,
  start,
  stateAfter,
  statusAt,
  stopped,
  type Timed,
  well,
} from './told.ts';

test('before any event there is a status, and it fits the schema', () => {
  const status = statusAt(0, stateAfter());
  expect(statusSchema.parse(status)).toEqual(status);
  expect(status).toMatchObject({ version: '1.2.3', startedAt: start, consul: 'silent', upstreams: {} });
});

test('where all is well it is told with nothing to warn of, and it fits the schema', () => {
  const status = statusAt(2_000, stateAfter(...well));
  expect(statusSchema.parse(status)).toEqual(status);
  expect(status).toMatchObject({
    time: start + 2_000,
    ready: true,
    notReady: [],
    warnings: [],
    consul: 'answering',
    settings: { 'consul.address': 'http://127.0.0.1:8500' },
    nginx: { state: 'running', release: 'a', draining: 0, problem: null },
    release: { digest: 'a' },
    waiting: null,
    blocked: null,
  });
  expect(Object.keys(status.upstreams)).toEqual(['api', 'web1']);
  expect(status.upstreams.web1).toMatchObject({
    service: 'web1',
    query: 'service:web1',
    origin: 'live',
    up: 2,
    why: null,
    servers: [
      { address: '10.0.0.1:80', node: 'n1', instance: 'dc1/n1/i1', weight: 1, state: 'up', lostSince: null },
      { address: '10.0.0.2:80' },
    ],
  });
});

describe('queries', () => {
  test('have the number of instances in each state, the index, and when they answered last and changed', () => {
    const state = stateAfter(
      [
        10,
        {
          type: 'answered',
          query: 'service:web1',
          of: 'service',
          instances: 3,
          health: { passing: 2, critical: 1 },
          index: '7',
          ms: 1,
        },
      ],
      [500, { type: 'answeredSame', query: 'service:web1', index: '9' }],
    );
    expect(statusAt(600, state).queries['service:web1']).toEqual({
      answer: {
        instances: 3,
        health: { passing: 2, warning: 0, critical: 1, maintenance: 0, unknown: 0 },
        index: '9',
        at: start + 500,
        changedAt: start + 10,
      },
      failing: null,
      errors: 0,
    });
  });

  test('keep their last good answer while they fail, and count failures over recoveries', () => {
    const failing = stateAfter([10, answered('web1')], [20, failed('web1', 20)], [30, failed('web1', 20)]);
    expect(statusAt(40, failing).queries['service:web1']).toMatchObject({
      answer: { at: start + 10 },
      failing: { since: start + 20, failures: 2, problem: { what: 'connection refused', remedy: null } },
      errors: 2,
    });
    const recovered = stateAfter(
      [20, failed('web1', 20)],
      [30, { type: 'queryRecovered', query: 'service:web1', after: 10 }],
    );
    expect(statusAt(40, recovered).queries['service:web1']).toMatchObject({ failing: null, errors: 1 });
  });

  test('that are wanted no more are forgotten, by themselves or by a new configuration', () => {
    const node = { ...failed('web1', 0), query: 'node:n1' };
    const state = stateAfter([0, configured], [1, answered('web1')], [2, node]);
    expect(Object.keys(statusAt(3, state).queries)).toEqual(['service:web1', 'node:n1']);
    const forgotten = stateAfter([2, node], [3, { type: 'forgotten', query: 'node:n1' }]);
    expect(statusAt(4, forgotten).queries).toEqual({});
    const other = stateAfter([1, answered('web1')], [2, answered('old')], [3, configured]);
    expect(Object.keys(statusAt(4, other).queries)).toEqual(['service:web1']);
  });
});

describe('upstreams', () => {
  test('show the release that was found at the start, before any pass', () => {
    const state = stateAfter([0, configured], [1, { type: 'found', release: releaseOf('a', 3) }]);
    expect(statusAt(2, state).upstreams.web1).toMatchObject({ up: 3, origin: 'live' });
  });

  test('that no release has yet are there, without servers', () => {
    expect(statusAt(1, stateAfter([0, configured])).upstreams.web1).toMatchObject({ up: 0, origin: 'none' });
  });

  test('go back to what nginx runs when a release is rolled back', () => {
    const state = stateAfter(...well, [
      2_000,
      reconciled({
        kind: 'rolledBack',
        release: releaseOf('b', 5),
        to: releaseOf('a', 2),
        problem: { what: 'the port is taken' },
      }),
    ]);
    expect(statusAt(2_100, state)).toMatchObject({
      release: { digest: 'a' },
      upstreams: { web1: { up: 2 } },
      blocked: { by: 'rolledBack', at: 'prove', since: start + 2_000 },
    });
  });

  test('say why they are not live, and which instances were left out and why', () => {
    const until = start + 60_000;
    const notices: Notice[] = [
      {
        kind: 'kept',
        upstream: 'web1',
        empty: { why: 'none registered', registered: 0 },
        servers: 2,
        until,
      },
      { kind: 'leftOut', upstream: 'web1', instance: 'dc1/n1/x', reason: 'port 0 is not within 1–65535' },
      { kind: 'doubtful', upstream: 'api', instance: 'dc1/n1/y', reason: 'it is odd' },
    ];
    const status = statusAt(
      3_000,
      stateAfter(...well, [
        2_000,
        reconciled({ kind: 'unchanged', release: releaseOf('a', 2) }, { notices }),
      ]),
    );
    expect(status.upstreams.web1).toMatchObject({
      why: { kind: 'kept', cause: 'none registered', registered: 0, losing: null, until },
      leftOut: [{ instance: 'dc1/n1/x', reason: 'port 0 is not within 1–65535' }],
      leftOutCount: 1,
      doubtful: [],
    });
    expect(status.upstreams.api).toMatchObject({ why: null, doubtful: [{ instance: 'dc1/n1/y' }] });
    expect(status.warnings).toEqual([
      'web1  0 registered, keeping 2 for 57 s',
      'web1  dc1/n1/x is left out: port 0 is not within 1–65535',
      'api  dc1/n1/y is taken, but it is odd',
    ]);
  });

  test('name a bounded number of instances, of bounded length', () => {
    const notices = Array.from({ length: 5_000 }, (_, index): Notice => {
      const instance = `dc1/n1/${index}${'x'.repeat(10_000)}`;
      return { kind: 'leftOut', upstream: 'web1', instance, reason: 'port 0 is not within 1–65535' };
    });
    const state = stateAfter([0, configured], [1, reconciled({ kind: 'superseded' }, { notices })]);
    const status = statusAt(2, state);
    expect(status.upstreams.web1).toMatchObject({ leftOutCount: 5_000 });
    expect(status.upstreams.web1?.leftOut).toHaveLength(20);
    expect(status.upstreams.web1?.leftOut[0]?.instance).toHaveLength(201);
    expect(status.warnings).toHaveLength(11);
    expect(status.warnings.at(-1)).toBe('… and 4990 more like this');
  });
});

describe('releases', () => {
  test('tell when, how long each step took, and who joined and left', () => {
    expect(statusAt(2_000, stateAfter(...well)).releases).toEqual({
      1: {
        digest: 'a',
        by: 'reload',
        at: start + 150,
        result: 'live',
        changeToLive: 121.4,
        steps: { test: 12.3, prove: 104.6 },
        workers: 2,
        changes: [
          {
            upstream: 'web1',
            gone: false,
            up: 1,
            joined: { count: 1, servers: [{ address: '10.0.0.1:80', node: 'n1' }] },
            left: { count: 0, servers: [] },
            changed: { count: 0, servers: [] },
          },
        ],
        problem: null,
        times: 1,
      },
    });
  });

  test('that nginx was not there for are published, and not live', () => {
    const outcome = published(releaseOf('a', 1), { proof: { kind: 'stopped' } });
    const status = statusAt(1, stateAfter([0, reconciled(outcome)]));
    expect(status.releases[1]).toMatchObject({ result: 'published', changeToLive: null, workers: null });
    expect(status.changeToLive.count).toBe(0);
  });

  test('are the last 50, numbered on', () => {
    const events = Array.from(
      { length: 60 },
      (_, index): Timed => [index, reconciled(published(releaseOf(`r${index}`, 1)))],
    );
    const { releases, counts } = statusAt(100, stateAfter(...events));
    expect(Object.keys(releases)).toEqual(Array.from({ length: 50 }, (_, index) => String(index + 11)));
    expect(counts.passes.published).toBe(60);
  });

  test('that are rolled back again and again are one entry', () => {
    const outcome = {
      kind: 'rolledBack',
      release: releaseOf('b', 1),
      to: releaseOf('a', 1),
      problem: { what: 'the port is taken' },
    } as const;
    const status = statusAt(9, stateAfter([1, reconciled(outcome)], [2, reconciled(outcome)]));
    expect(Object.values(status.releases)).toMatchObject([{ digest: 'b', result: 'rolledBack', times: 2 }]);
    expect(status.blocked).toMatchObject({ since: start + 1, times: 2 });
  });

  test('name a bounded number of servers, and count the rest', () => {
    const joined = Array.from({ length: 10_000 }, (_, index) => server(index));
    const change = { gone: false, joined, left: [], changed: [], up: 10_000 };
    const changes = Array.from({ length: 200 }, (_, index) => ({ ...change, upstream: `u${index}` }));
    const status = statusAt(1, stateAfter([0, reconciled(published(releaseOf('a', 1), { changes }))]));
    const told = status.releases[1]?.changes ?? [];
    expect(told).toHaveLength(50);
    expect(told.map(({ joined }) => joined.count)).toEqual(Array.from({ length: 50 }, () => 10_000));
    expect(told.flatMap(({ joined }) => joined.servers)).toHaveLength(100);
  });
});

describe('what keeps a change from nginx', () => {
  const rejected = (what: string): Event =>
    reconciled({ kind: 'rejected', stage: 'test', problems: [{ what, where: 'a.conf:3' }] });

  test('is told since it began, whatever waits in between, with its newest reason', () => {
    const held = reconciled({ kind: 'held', why: 'tried again soon', until: start + 4_000 });
    const state = stateAfter(...well, [2_000, rejected('x')], [2_100, held], [3_000, rejected('y')]);
    const status = statusAt(4_000, state);
    expect(status.blocked).toMatchObject({
      by: 'rejected',
      at: 'test',
      since: start + 2_000,
      times: 2,
      problems: [{ what: 'y' }],
    });
    expect(status.counts.rejected).toEqual({ render: 0, test: 2 });
    expect(status.warnings).toEqual(['the newest change is rejected at test, for 2.0 s now: a.conf:3: y']);
  });

  test('ends with the next pass that succeeds', () => {
    const state = stateAfter(
      [0, rejected('x')],
      [1, reconciled({ kind: 'unchanged', release: releaseOf('a', 1) })],
    );
    expect(statusAt(2, state).blocked).toBeNull();
  });

  test('is not the wait for Consul', () => {
    const waiting = { kind: 'waiting', missing: ['web1'], since: start, until: start + 30_000 } as const;
    expect(statusAt(2, stateAfter([1, reconciled(waiting)]))).toMatchObject({
      blocked: null,
      waiting: { why: 'Consul has not answered for web1', until: start + 30_000 },
    });
  });

  test('nor that for what templates ask for, which nobody knows the end of: it is a warning', () => {
    const lacking = { kind: 'lacking', missing: ['key app/port'], since: start } as const;
    const status = statusAt(60_000, stateAfter([1, reconciled(lacking)]));
    expect(status).toMatchObject({ blocked: null, waiting: { why: 'key app/port', until: null } });
    expect(status.warnings).toEqual([
      'templates wait for key app/port, for 60 s now: nothing else goes live meanwhile',
    ]);
  });
});

describe('nginx', () => {
  test('is as it was seen last', () => {
    expect(statusAt(1, stateAfter([0, running('a', 3)])).nginx).toMatchObject({ release: 'a', draining: 3 });
    const status = statusAt(2_000, stateAfter(...well, [1_500, stopped]));
    expect(status.nginx).toMatchObject({ state: 'stopped', release: null });
    expect(status.warnings).toEqual(['nginx is not running; start nginx']);
  });

  test('that runs something else than it should is warned of', () => {
    const status = statusAt(2_000, stateAfter(...well, [1_500, running('old')]));
    expect(status.warnings).toEqual(['nginx runs release old, not a']);
  });

  test('was reloaded so often, with these results', () => {
    const applied = (proof: 'proven' | 'unproven'): Timed => [0, { type: 'applied', digest: 'a', proof }];
    const state = stateAfter(applied('proven'), applied('unproven'), applied('proven'));
    expect(statusAt(1, state).counts).toMatchObject({ reloads: { proven: 2, unproven: 1 }, pushes: {} });
  });

  test('was not reloaded for what its workers took by themselves', () => {
    const pushed = (proof: 'proven' | 'unproven'): Timed => [
      0,
      { type: 'applied', digest: 'a', proof, pushed: true },
    ];
    const state = stateAfter(pushed('proven'), pushed('unproven'), pushed('proven'));
    expect(statusAt(1, state).counts).toMatchObject({ reloads: {}, pushes: { proven: 2, unproven: 1 } });
  });
});

test('what fails for one reason is warned of once', () => {
  const state = stateAfter(...well, [2_000, failed('web1', 2_000)], [2_000, failed('api', 1_900)]);
  expect(statusAt(5_000, state)).toMatchObject({
    consul: 'failing',
    warnings: [
      'service:web1 and 1 more  http://127.0.0.1:8500: connection refused (for 3.1 s; nothing changes meanwhile)',
    ],
  });
});

test('what only tells of changes is warned of when it fails, and nobody is less ready for it', () => {
  const problem = { what: 'connection refused' };
  const meanwhile = 'services are asked in turn';
  const failure: Event = {
    type: 'queryFailed',
    query: 'checks:all',
    problem,
    failures: 1,
    since: start + 2_000,
    retryIn: 9,
    meanwhile,
  };
  const status = statusAt(5_000, stateAfter(...well, [2_000, failure]));
  expect(status).toMatchObject({
    consul: 'answering',
    warnings: ['checks:all  connection refused (for 3.0 s; services are asked in turn meanwhile)'],
  });
});

test('faults that end nothing are counted, and the last 20 remembered', () => {
  const events = Array.from(
    { length: 25 },
    (_, index): Timed => [index, { type: 'problem', problem: { what: `fault ${index}` } }],
  );
  const { problems, counts } = statusAt(100, stateAfter(...events));
  expect(counts.problems).toBe(25);
  expect(problems).toHaveLength(20);
  expect(problems.at(-1)).toEqual({
    at: start + 24,
    problem: { what: 'fault 24', where: null, remedy: null },
  });
});

test('where status cannot be asked for is warned of until it can', () => {
  const at = 'http://127.0.0.1:9465/';
  const state = stateAfter(...well, [
    1_000,
    { type: 'listening', at, problem: { what: 'the port is taken' } },
  ]);
  expect(statusAt(1_100, state).warnings).toEqual([`no status at ${at}: the port is taken`]);
  const open = stateAfter(...well, [1_000, { type: 'listening', at }]);
  expect(statusAt(1_100, open)).toMatchObject({ warnings: [], listening: { at, problem: null } });
  const off = stateAfter(...well, [1_000, { type: 'listening', at }], [1_100, configured]);
  expect(statusAt(1_200, off).listening).toBeNull();
});

test('an event that says nothing new leaves everything the same object', () => {
  const before = stateAfter(...well);
  const after = stateAfter(...well, [2_000, running('a')]);
  expect(after.nginx).toEqual(before.nginx);
  const status = statusAt(3_000, before);
  expect(statusAt(4_000, before).upstreams).toBe(status.upstreams);
});
