import { expect, test } from 'vitest';
import { changesBetween } from '../../../src/pipeline/changes.ts';
import { server, upstream, view } from './given.ts';

test('who joined, left and changed is told upstream by upstream', () => {
  const before = view(upstream([server(1), server(2), server(3)]));
  const after = view(upstream([server(1), server(3, { state: 'down' }), server(4)]));
  expect(changesBetween(before, after)).toEqual([
    {
      upstream: 'web1',
      gone: false,
      joined: [server(4)],
      left: [server(2)],
      changed: [{ before: server(3), after: server(3, { state: 'down' }) }],
      up: 2,
    },
  ]);
});

test('upstreams in which nothing changed are left out', () => {
  expect(changesBetween(view(upstream([server(1)])), view(upstream([server(1)])))).toEqual([]);
});

test('against nothing, everybody joined; to nothing, everybody left', () => {
  expect(changesBetween(undefined, view(upstream([server(1)])))).toMatchObject([
    { joined: [server(1)], up: 1 },
  ]);
  expect(changesBetween(view(upstream([server(1)])), view())).toMatchObject([{ left: [server(1)], up: 0 }]);
});
