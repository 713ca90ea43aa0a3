import { expect, test } from 'vitest';
import { saidOnce } from '../../../src/check/finding.ts';
import { checkProcess, type ProcessFacts } from '../../../src/check/nginx-process.ts';
import { differs } from '../../../src/nginx/other-version.ts';
import type { Problem } from '../../../src/pipeline/problem.ts';

const build = {
  version: 'nginx/1.30.6',
  prefix: '',
  conf: '',
  pid: '',
  user: 'nobody',
  group: 'nobody',
  hasLua: false,
  without: new Set<string>(),
};

const facts: ProcessFacts = {
  by: 'pid',
  build: { value: build },
  running: { kind: 'running', digest: undefined, draining: 0 },
  master: { pid: 10, workers: 2, deaf: undefined, version: 'nginx/1.30.6' },
  orphans: [],
  isServed: false,
  runs: 'nginx/1.30.6',
  maxDraining: 2,
};

const amiss = (more: Partial<ProcessFacts>) =>
  checkProcess({ ...facts, ...more }).filter(({ level }) => level !== 'ok');

test('an nginx that is well is told in two lines', () => {
  expect(checkProcess(facts).map(({ level, what }) => `${level} ${what}`)).toEqual([
    'ok nginx/1.30.6 tests changes, and the same version runs',
    "ok nginx's master (pid 10) runs with 2 workers, and may be signalled",
  ]);
});

test('the version counts, not how a build spells it', () => {
  const other = { value: { ...build, version: 'openresty/1.27.1.1' } };
  expect(amiss({ build: other, runs: 'nginx/1.27.1' })).toEqual([]);
  expect(amiss({ runs: 'nginx/1.30.5' })).toMatchObject([{ level: 'warn', topic: 'nginx' }]);
});

test('the remedy for another version is where nginx runs', () => {
  expect(amiss({ runs: 'nginx/1.30.5' })[0]?.remedy).toContain('--nginx-bin');
  expect(amiss({ runs: 'nginx/1.30.5', by: 'fifo' })[0]?.remedy).toContain('image of the gateway');
});

test('what is odd about an nginx that runs is a warning, said once with the version', () => {
  const odd = (problem: Problem) =>
    amiss({ running: { kind: 'running', digest: undefined, draining: 0, problem } });
  expect(odd({ what: 'its pid file /run/nginx.pid does not name it', remedy: 'mend the file' })).toEqual([
    {
      level: 'warn',
      topic: 'master',
      what: 'its pid file /run/nginx.pid does not name it',
      remedy: 'mend the file',
    },
  ]);
  const runs = 'nginx/1.30.5';
  const running = {
    kind: 'running',
    digest: undefined,
    draining: 0,
    problem: differs(runs, 'nginx/1.30.6'),
  } as const;
  expect(saidOnce(amiss({ running, runs }))).toHaveLength(1);
});

test('a version that cannot be seen is a warning where nginx runs, and nothing where it does not', () => {
  expect(amiss({ runs: undefined })).toMatchObject([{ level: 'warn', topic: 'nginx' }]);
  const running = { kind: 'stopped', problem: { what: 'nginx is not running' } } as const;
  expect(amiss({ runs: undefined, running, master: undefined })).toMatchObject([
    { level: 'fail', topic: 'master', what: 'nginx is not running' },
  ]);
});

test('workers without a master are a suspicion, unless some of them answered and are named', () => {
  const running = { kind: 'stopped', problem: { what: 'nginx is not running' } } as const;
  const stopped = { running, master: undefined, orphans: [7, 8] };
  expect(amiss(stopped)).toMatchObject([
    { level: 'fail' },
    { level: 'warn', remedy: expect.stringContaining('kill -QUIT 7 8') },
  ]);
  expect(amiss({ ...stopped, isServed: true })).toHaveLength(1);
  expect(amiss({ orphans: [7, 8] })).toEqual([]);
});

test('old workers that hold up the next reload are told of', () => {
  expect(amiss({ running: { kind: 'running', digest: undefined, draining: 1 } })).toEqual([]);
  expect(amiss({ running: { kind: 'running', digest: undefined, draining: 2 } })).toMatchObject([
    { level: 'warn', topic: 'reloads', what: expect.stringMatching(/^2 generations of old workers/) },
  ]);
});
