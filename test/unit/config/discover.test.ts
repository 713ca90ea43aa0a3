import { describe, expect, test } from 'vitest';
import { jsonSchema } from '../../../src/config/schema.ts';
import { complaintOf, load } from './loading.ts';

describe('discover', () => {
  test('is a whole configuration, by one flag', async () => {
    const { plan } = await load({ flags: { '--discover': 'web' } });
    expect(plan.upstreams).toEqual([]);
    expect(plan.discover).toEqual({
      tag: 'web',
      exclude: new Set(),
      max: 500,
      settings: {
        datacenter: '',
        protocol: 'http',
        balance: 'round_robin',
        onEmpty: 'keep',
        keepFor: 60_000,
        onWarning: 'use',
        maxFails: 1,
        failTimeout: 10_000,
        keepalive: 32,
        zone: 'auto',
      },
    });
  });

  test('takes from defaults, and asks where consul.datacenter says unless it says so itself', async () => {
    const yaml = `
consul: {datacenter: dc2}
defaults: {on_empty: down, balance: ip_hash}
discover: {filter: '"host" in Service.Meta', exclude: [admin, db], max: 20}`;
    const { plan } = await load({ yaml });
    expect(plan.discover).toMatchObject({
      tag: '',
      exclude: new Set(['admin', 'db']),
      max: 20,
      settings: {
        datacenter: 'dc2',
        filter: '"host" in Service.Meta',
        onEmpty: 'down',
        balance: 'ip_hash',
      },
    });
    const there = await load({ yaml, env: { UPSYNC_DISCOVER_DATACENTER: 'dc3' } });
    expect(there.plan.discover?.settings.datacenter).toBe('dc3');
  });

  test('is off where nothing says what to find', async () => {
    expect((await load({ services: ['a'] })).plan.discover).toBeUndefined();
    expect((await load({ yaml: 'discover:\nupstreams: {a: }' })).plan.discover).toBeUndefined();
  });

  test('that would find nothing is an error', async () => {
    expect(await complaintOf({ yaml: 'discover: {exclude: [a]}\nupstreams: {a: }' })).toBe(
      'upsync.yaml:1 discover: discovers nothing; give a tag, or a filter',
    );
  });

  test('has its keys in the JSON Schema', () => {
    expect(jsonSchema()).toMatchObject({
      properties: {
        discover: { properties: { tag: { type: 'string' }, exclude: { type: 'array' } } },
        gateway: { properties: { listen: { default: 'off' } } },
      },
    });
  });
});

describe('gateway', () => {
  test.each([
    ['80', '80'],
    ['10.0.0.1:8080', '10.0.0.1:8080'],
    ['*:80', '*:80'],
    ['[::]:80', '[::]:80'],
  ])('--gateway %s is what nginx listens on', async (given, listen) => {
    const { gateway } = await load({ flags: { '--discover': 'web', '--gateway': given } });
    expect(gateway).toBe(listen);
  });

  test('takes a number, and is off unless it is given', async () => {
    const given = await load({ yaml: 'gateway: {listen: 8080}\nupstreams: {a: }' });
    expect(given.gateway).toBe('8080');
    const off = await load({ yaml: 'gateway: {listen: off}\nupstreams: {a: }' });
    expect(off.gateway).toBeUndefined();
  });

  test.each(['0', '70000', 'a:80', '80;', '80 default_server', 'unix:/a', '[x]:80', '10.0.0.1', ''])(
    '%j is nothing that nginx is to listen on',
    async (listen) => {
      expect(
        await complaintOf({ yaml: `gateway: {listen: ${JSON.stringify(listen)}}\nupstreams: {a: }` }),
      ).toBe(
        'upsync.yaml:1 gateway.listen: not something that nginx can listen on; write such as 80, 10.0.0.1:80, "[::]:80" or off',
      );
    },
  );
});
