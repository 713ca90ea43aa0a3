import { expect, test } from 'vitest';
import { type Query, queryKey, titleOf } from '../../../src/pipeline/query.ts';

const at = { datacenter: '' };

test.each<[string, Query]>([
  ['service:web1', { kind: 'service', service: 'web1', ...at }],
  ['service:a.b@dc2', { kind: 'service', service: 'a.b', datacenter: 'dc2' }],
  [
    'service:web1@dc2?namespace=n&partition=p&peer=far&near=_agent&filter=%22v2%22%20in%20Service.Tags',
    {
      filter: '"v2" in Service.Tags',
      near: '_agent',
      peer: 'far',
      partition: 'p',
      namespace: 'n',
      datacenter: 'dc2',
      service: 'web1',
      kind: 'service',
    },
  ],
  ['services', { kind: 'services', ...at }],
  ['services@dc2?namespace=n', { kind: 'services', datacenter: 'dc2', namespace: 'n' }],
  ['nodes?near=n1', { kind: 'nodes', ...at, near: 'n1' }],
  ['key:app/port', { kind: 'key', path: 'app/port', ...at }],
  ['key:app/port@dc2', { kind: 'key', path: 'app/port', datacenter: 'dc2' }],
  ['tree:app/', { kind: 'tree', prefix: 'app/', ...at }],
  ['node:n1', { kind: 'node', node: 'n1', ...at }],
  ['host:db.example.org', { kind: 'host', name: 'db.example.org' }],
])('%s', (key, query) => {
  expect(queryKey(query)).toBe(key);
});

test('what is empty is left out, so that one question has one key', () => {
  const bare: Query = { kind: 'service', service: 'web1', datacenter: '' };
  const empty = { near: '', filter: '', namespace: '', partition: '', peer: '' };
  expect(queryKey({ ...bare, ...empty })).toBe(queryKey(bare));
});

test('no name passes for another part of the key', () => {
  const tricks = ['a@dc2', 'a?filter=x', 'a&peer=b', 'a%40dc2', 'a:b', 'a#', 'a/@', '@dc2', '?'];
  const queries = tricks.flatMap((text): Query[] => [
    { kind: 'service', service: text, ...at },
    { kind: 'service', service: 'a', datacenter: text },
    { kind: 'service', service: 'a', ...at, filter: text },
    { kind: 'service', service: 'a', ...at, peer: text },
    { kind: 'service', service: 'a', ...at, near: text },
    { kind: 'key', path: text, ...at },
    { kind: 'key', path: 'a', datacenter: text },
    { kind: 'tree', prefix: text, ...at },
    { kind: 'services', datacenter: text },
    { kind: 'services', ...at, namespace: text },
    { kind: 'nodes', ...at, filter: text },
  ]);
  expect(new Set(queries.map(queryKey)).size).toBe(queries.length);
});

test('for people it is said what is asked for', () => {
  expect(titleOf({ kind: 'service', service: 'web1', datacenter: 'dc2' })).toBe('service web1@dc2');
  expect(titleOf({ kind: 'key', path: 'app/port', ...at })).toBe('key app/port');
  expect(titleOf({ kind: 'tree', prefix: 'app/', ...at })).toBe('tree app/');
  expect(titleOf({ kind: 'services', ...at })).toBe('the services');
  expect(titleOf({ kind: 'nodes', datacenter: 'dc2' })).toBe('the nodes@dc2');
});
