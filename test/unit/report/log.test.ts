import { beforeEach, expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import type { Outcome } from '../../../src/pipeline/outcome.ts';
import type { Line } from '../../../src/report/line.ts';
import { createLog } from '../../../src/report/log.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { release } from '../pipeline/fakes.ts';
import { server } from '../pipeline/given.ts';

let clock: ManualClock;
let lines: Line[];
let report: (event: Event) => void;

beforeEach(() => {
  clock = manualClock(1_000_000);
  lines = [];
  report = createLog((line) => lines.push(line), clock);
});

const texts = () => lines.filter(({ level }) => level !== 'debug').map(({ text }) => text);
const reconciled = (outcome: Outcome, changeToLive?: number): Event => ({
  type: 'reconciled',
  outcome,
  notices: [],
  ...(changeToLive === undefined ? {} : { changeToLive }),
});
const published: Outcome = {
  kind: 'published',
  release: release('0123456789abcdef'),
  proof: { kind: 'proven', by: 'processes', workers: 2, draining: 1 },
  changes: [
    { upstream: 'web1', gone: false, joined: [server(3)], left: [], changed: [], up: 3 },
    {
      upstream: 'longer-name',
      gone: false,
      joined: [],
      left: [server(1)],
      changed: [{ before: server(2), after: server(2, { state: 'down' }) }],
      up: 1,
    },
  ],
  warnings: [],
  steps: { render: 1, stage: 2, test: 12, publish: 3, prove: 104 },
};

test('a published change says who joined and left, when it was live, and what took how long', () => {
  report(reconciled(published, 121.4));
  expect(texts()).toEqual([
    'web1         + 10.0.0.3:80 (n1), now 3 up',
    'longer-name  − 10.0.0.1:80 (n1), ~ 10.0.0.2:80 (n1) drains (maintenance), now 1 up',
    'release 0123456789abcdef is live 121 ms after the change (test 12 ms, reload 104 ms), proven by 2 workers, 1 older one drains',
  ]);
  expect(lines[0]?.fields).toMatchObject({
    event: 'changed',
    upstream: 'web1',
    joined: ['10.0.0.3:80'],
    up: 3,
  });
  expect(lines[2]?.fields).toMatchObject({
    event: 'published',
    digest: '0123456789abcdef',
    changeToLive: 121.4,
  });
});

test('many at once are counted, not named', () => {
  const joined = Array.from({ length: 12 }, (_, index) => server(index + 1));
  const changes = [{ upstream: 'web1', gone: false, joined, left: [], changed: [], up: 15 }];
  report(reconciled({ ...published, changes }));
  expect(texts()[0]).toBe('web1  +12 −0, now 15 up');
});

test('with nginx stopped it says that nothing was reloaded', () => {
  report(reconciled({ ...published, proof: { kind: 'stopped' }, changes: [] }));
  expect(texts()).toEqual([
    'release 0123456789abcdef is published, and what nginx starts with: nginx is not running',
  ]);
});

test('what goes on failing is said once, and again after a minute', async () => {
  const rejected = reconciled({
    kind: 'rejected',
    stage: 'test',
    problems: [{ what: 'unknown directive "x"', where: 'a.conf:3' }],
  });
  report(rejected);
  report(reconciled({ kind: 'held', why: 'tried again soon', until: 0 }));
  report(rejected);
  expect(texts()).toEqual(['rejected at test, nginx keeps what it has: a.conf:3: unknown directive "x"']);
  await clock.advance(60_000);
  report(rejected);
  expect(texts()).toHaveLength(2);
});

test('what failed, was mended and fails again is said again', () => {
  const failed = reconciled({ kind: 'failed', step: 'stage', problem: { what: 'disk full' } });
  report(failed);
  report(reconciled({ kind: 'unchanged', release: release('a') }));
  report(failed);
  expect(texts()).toHaveLength(2);
});

test('Consul failing is said once, and its return', () => {
  const failed: Event = {
    type: 'queryFailed',
    query: 'service:web1',
    problem: { what: 'connection refused', where: 'http://127.0.0.1:8500' },
    failures: 1,
    since: 1_000_000,
    retryIn: 100,
  };
  report(failed);
  report({ ...failed, failures: 2 });
  report({ type: 'queryRecovered', query: 'service:web1', after: 5400 });
  expect(texts()).toEqual([
    'service:web1  http://127.0.0.1:8500: connection refused. Nothing changes meanwhile.',
    'service:web1  Consul answers again after 5.4 s',
  ]);
});

test('it is told when queries begin to share, and when they need not any more', () => {
  report({ type: 'watching', by: 'shared', queries: 300, most: 90 });
  report({ type: 'watching', by: 'own', queries: 60, most: 90 });
  expect(texts()).toEqual([
    '300 queries for 90 connections to Consul: they share what tells of changes (over https each has a query of its own)',
    'each of 60 queries has a connection to Consul of its own again',
  ]);
});

test('where something goes on while Consul fails, that is said instead', () => {
  const problem = { what: 'Consul denied the token (403)', where: 'http://127.0.0.1:8500' };
  const meanwhile = 'services are asked in turn';
  report({
    type: 'queryFailed',
    query: 'checks:all',
    problem,
    failures: 1,
    since: 1,
    retryIn: 100,
    meanwhile,
  });
  expect(texts()).toEqual([
    'checks:all  http://127.0.0.1:8500: Consul denied the token (403). Services are asked in turn meanwhile.',
  ]);
});

test('waiting is worth a line after a second, then every five', async () => {
  const waiting = () =>
    report(reconciled({ kind: 'waiting', missing: ['web1'], since: 1_000_000, until: 1_030_000 }));
  waiting();
  expect(texts()).toEqual([]);
  for (let second = 1; second <= 7; second++) {
    await clock.advance(1000);
    waiting();
  }
  expect(texts()).toEqual([
    'still waiting for Consul to answer for web1, 1.0 s; at most 29 s more',
    'still waiting for Consul to answer for web1, 6.0 s; at most 24 s more',
  ]);
});

test('of thousands of services a few are named and the others counted', async () => {
  const names = Array.from({ length: 2000 }, (_, at) => `svc${at}`);
  await clock.advance(2000);
  report(reconciled({ kind: 'waiting', missing: names, since: 1_000_000, until: 1_030_000 }));
  const changes = names.map((name) => ({
    upstream: name,
    gone: false,
    joined: [server(1), server(2)],
    left: [],
    changed: [],
    up: 2,
  }));
  report(reconciled({ kind: 'accepted', changes, files: [], warnings: [], steps: {} }));
  const said = texts();
  expect(said[0]).toContain('answer for svc0, svc1, svc2, svc3, svc4 and 1995 more, 2.0 s');
  expect(said).toHaveLength(22);
  expect(said.at(-1)).toBe('… and 1980 more upstreams  +3960 −0 ~0');
});

test('a notice is said when it comes up and when it is over, not while it lasts', () => {
  const kept = (until: number): Event => ({
    type: 'reconciled',
    outcome: { kind: 'unchanged', release: release('a') },
    notices: [
      {
        kind: 'kept',
        upstream: 'web1',
        empty: { why: 'none registered', registered: 0 },
        servers: 3,
        until,
      },
    ],
  });
  report(kept(1_060_000));
  report(kept(1_060_001));
  expect(texts()).toEqual(['web1  0 registered, keeping 3 for 60 s']);
  report(reconciled({ kind: 'unchanged', release: release('a') }));
  report(kept(1_060_000));
  expect(texts().slice(1)).toEqual([
    'web1  has healthy instances again',
    'web1  0 registered, keeping 3 for 60 s',
  ]);
});

test('how things stand, where that is no news, is not said at all', () => {
  const silent: readonly Event[] = [
    { type: 'answeredSame', query: 'service:web1', index: '7' },
    { type: 'forgotten', query: 'service:web1' },
    { type: 'found', release: undefined },
    { type: 'passBegan' },
    { type: 'applied', digest: 'a', proof: 'proven' },
    { type: 'observed', running: { kind: 'running', digest: 'a', draining: 0 } },
  ];
  for (const event of silent) report(event);
  expect(lines).toEqual([]);
});

test('where status is told is said, and once a minute that it cannot be', async () => {
  const at = 'http://127.0.0.1:9465/';
  const problem = { what: 'the port is taken', remedy: 'choose another --listen' };
  for (let tries = 0; tries < 13; tries++) {
    report({ type: 'listening', at, problem });
    await clock.advance(5_000);
  }
  report({ type: 'listening', at });
  const taken = `no status at ${at}, tried again soon: the port is taken; choose another --listen`;
  expect(texts()).toEqual([taken, taken, `status is at ${at}`]);
  expect(lines.map(({ level, fields }) => [level, fields.event])).toEqual([
    ['error', 'notListening'],
    ['error', 'notListening'],
    ['info', 'listening'],
  ]);
});

test('nothing to change is nothing to say', () => {
  report(reconciled({ kind: 'unchanged', release: release('a') }));
  report({ type: 'progress', step: 'render' });
  report({
    type: 'answered',
    query: 'service:web1',
    of: 'service',
    instances: 1,
    health: { passing: 1 },
    index: '7',
    ms: 1,
  });
  expect(texts()).toEqual([]);
});

test('a wait for the turn in a fleet is said as it begins, once in a while, and as it ends', async () => {
  const held = (why: string) => reconciled({ kind: 'held', why, until: 1_030_000, queued: true });
  const placed = (after: number) => report({ type: 'placed', fleet: 'edge', place: 1, of: 2, after });
  placed(0);
  expect(texts()).toEqual([]);
  report(held('all are taken'));
  await clock.advance(4_000);
  report(held('others have them'));
  await clock.advance(2_000);
  report(held('others have them'));
  placed(6_000);
  report(reconciled(published));
  report(held('all are taken'));
  expect(texts().filter((text) => !/now \d up$|is live/.test(text))).toEqual([
    'waiting: all are taken; at most 30 s more',
    'waiting: others have them; at most 24 s more',
    'has place 1 of 2 in fleet edge after 6.0 s',
    'waiting: all are taken; at most 24 s more',
  ]);
});

test('reloads that go on without a place are said once a minute while they are for one reason', async () => {
  const unplaced = (what: string) =>
    report({ type: 'unplaced', problem: { what, remedy: 'grant it' }, after: 0 });
  unplaced('denied');
  await clock.advance(30_000);
  unplaced('denied');
  expect(lines).toMatchObject([
    { level: 'error', text: 'denied; grant it', fields: { event: 'unplaced', after: 0, what: 'denied' } },
  ]);
  await clock.advance(30_000);
  unplaced('denied');
  report({ type: 'placed', fleet: 'edge', place: 1, of: 1, after: 0 });
  unplaced('denied');
  expect(texts()).toHaveLength(3);
});

test('what templates wait for is said after a moment, and again each minute or where it is something else', async () => {
  const since = clock.now();
  const lacking = (...missing: string[]) => report(reconciled({ kind: 'lacking', missing, since }));
  lacking('key a');
  expect(texts()).toEqual([]);
  await clock.advance(1_000);
  lacking('key a');
  lacking('key a');
  lacking('key a', 'tree b/');
  await clock.advance(60_000);
  lacking('key a', 'tree b/');
  expect(texts()).toEqual([
    'waiting for key a, which templates ask for, for 1.0 s now; nothing goes live meanwhile',
    'waiting for key a, tree b/, which templates ask for, for 1.0 s now; nothing goes live meanwhile',
    'waiting for key a, tree b/, which templates ask for, for 61 s now; nothing goes live meanwhile',
  ]);
});

test('a file that had to give way is told of, with where a copy of it is', () => {
  report({ type: 'replaced', path: '/etc/nginx/conf.d/a.conf', saved: '/etc/nginx/upsync/saved/a.conf.1' });
  expect(texts()).toEqual([
    "/etc/nginx/conf.d/a.conf is upsync's from now on: what stood there is kept in /etc/nginx/upsync/saved/a.conf.1",
  ]);
});
