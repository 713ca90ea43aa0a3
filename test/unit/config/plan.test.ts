import { expect, test } from 'vitest';
import { load } from './loading.ts';

test('an upstream takes from defaults what it does not say itself', async () => {
  const { plan } = await load({
    yaml: `
consul: {datacenter: dc2}
defaults: {balance: least_conn, on_empty: down, keep_for: 5s, zone: 1m, max_fails: 0}
upstreams:
  web1: {max_fails: 3}
  api: {service: service_api, tags: [v2, blue], datacenter: dc1, balance: hash $uri consistent, zone: off, keepalive: 0}
`,
  });
  expect(plan.upstreams).toEqual([
    {
      name: 'api',
      service: 'service_api',
      protocol: 'http',
      tags: ['v2', 'blue'],
      datacenter: 'dc1',
      balance: 'hash $uri consistent',
      onEmpty: 'down',
      keepFor: 5_000,
      onWarning: 'use',
      maxFails: 0,
      failTimeout: 10_000,
      keepalive: 0,
      zone: 'off',
    },
    {
      name: 'web1',
      service: 'web1',
      protocol: 'http',
      tags: [],
      datacenter: 'dc2',
      balance: 'least_conn',
      onEmpty: 'down',
      keepFor: 5_000,
      onWarning: 'use',
      maxFails: 3,
      failTimeout: 10_000,
      keepalive: 32,
      zone: 1_024,
    },
  ]);
});

test('a flag sets the default, and what an upstream says for itself stays', async () => {
  const { plan } = await load({
    yaml: 'upstreams: {a: {keep_for: 5s}, b: }',
    flags: { '--keep-for': '7s' },
  });
  expect(plan.upstreams.map(({ keepFor }) => keepFor)).toEqual([5_000, 7_000]);
});

test('upstreams are sorted by name, wherever they were named', async () => {
  const { plan } = await load({ yaml: 'upstreams: {b: , D: }', services: ['c', 'A'] });
  expect(plan.upstreams.map(({ name }) => name)).toEqual(['A', 'D', 'b', 'c']);
});

test('a list of datacenters is a first one and others behind it; what narrows a query down goes along', async () => {
  const { plan } = await load({
    yaml: `
upstreams:
  web1: {datacenter: [dc1, dc2, dc3], filter: 'Service.Meta.v == "2"', namespace: team, partition: east, peer: far}
`,
  });
  expect(plan.upstreams).toMatchObject([
    {
      datacenter: 'dc1',
      fallback: ['dc2', 'dc3'],
      filter: 'Service.Meta.v == "2"',
      namespace: 'team',
      partition: 'east',
      peer: 'far',
    },
  ]);
});

test.each([
  ['datacenter: []', /name a datacenter/],
  ["datacenter: ['']", /not a datacenter; it may not be empty/],
  ['namespace: "a b"', /not such a name/],
  ['filter: ""', /not an expression/],
])('%s is refused', async (line, words) => {
  await expect(load({ yaml: `upstreams: {web1: {${line}}}` })).rejects.toThrow(words);
});
