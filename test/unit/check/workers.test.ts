import { expect, test } from 'vitest';
import { checkWorkers, type WorkersFacts } from '../../../src/check/workers.ts';
import { release } from '../pipeline/fakes.ts';

const facts: WorkersFacts = {
  user: { name: 'www-data', uid: 33, gids: [33] },
  barred: undefined,
  output: '/etc/nginx/upsync',
  running: { kind: 'running', digest: 'a', structure: 's', draining: 0 },
  live: release('a'),
};
const peers = { path: '/etc/nginx/upsync/releases/a/peers', right: 'read' } as const;

test('that they may read is told in a line, and nothing where it cannot be known', () => {
  expect(checkWorkers(facts)).toEqual([
    { level: 'ok', topic: 'workers', what: "nginx's workers (www-data) may read /etc/nginx/upsync" },
  ]);
  expect(checkWorkers({ ...facts, user: undefined })).toEqual([]);
});

test('a folder on the way that they may not search is a failure, named with what to do', () => {
  const barred = { path: '/etc/nginx', right: 'search' } as const;
  expect(checkWorkers({ ...facts, barred, running: { kind: 'stopped' } })).toEqual([
    {
      level: 'fail',
      topic: 'workers',
      what: "nginx's workers, which run as www-data, may not search this: they cannot take new servers",
      where: '/etc/nginx',
      remedy: 'chmod o+x /etc/nginx',
    },
  ]);
});

test('of what upsync writes itself, it is told how to keep it from coming again', () => {
  const [finding] = checkWorkers({ ...facts, barred: peers, live: release('b') });
  expect(finding).toMatchObject({
    level: 'fail',
    remedy: `chmod o+r ${peers.path}, and run upsync with umask 022`,
  });
});

test('while they run the newest release it is a warning: they have read it somehow', () => {
  expect(checkWorkers({ ...facts, barred: peers })).toMatchObject([{ level: 'warn', where: peers.path }]);
  const reloaded = { kind: 'running', digest: 'a', draining: 0 } as const;
  expect(checkWorkers({ ...facts, barred: peers, running: reloaded })).toMatchObject([{ level: 'fail' }]);
});
