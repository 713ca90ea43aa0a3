import { expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import { release } from '../pipeline/fakes.ts';
import { discoverPlan, server, upstream, view } from '../pipeline/given.ts';
import { answered, configured, stateAfter, statusAt } from './told.ts';

const byRule: Event = { ...configured, upstreams: [], discover: discoverPlan() };
const served = {
  ...view(
    upstream([server(1)], { name: 'web9', service: 'web9', discovered: true }),
    upstream([server(2)], { name: 'old', service: 'old' }),
  ),
  routes: [{ host: '', path: '/api', upstream: 'web9' }],
};
const found: Event = { type: 'found', release: release('a', served) };
const catalog: Event = {
  type: 'answered',
  query: 'services',
  of: 'services',
  instances: 2,
  health: {},
  index: '1',
  ms: 1,
};

test('what was discovered is among the upstreams, with its route', () => {
  const { upstreams } = statusAt(1, stateAfter([0, byRule], [0, found]));
  expect(Object.keys(upstreams)).toEqual(['web9']);
  expect(upstreams.web9).toMatchObject({
    discovered: true,
    route: '*/api',
    query: 'service:web9',
    origin: 'live',
    up: 1,
  });
});

test('it is ready when the catalog and what was discovered are answered for', () => {
  const before = statusAt(1, stateAfter([0, byRule], [0, found]));
  expect(before.consul).toBe('silent');
  expect(before.notReady).toContain('services has not been answered for since upsync started');
  expect(before.notReady).toContain('service:web9 has not been answered for since upsync started');
  const after = statusAt(1, stateAfter([0, byRule], [0, found], [1, catalog], [1, answered('web9')]));
  expect(after.consul).toBe('answering');
  expect(after.notReady.filter((reason) => reason.includes('answered'))).toEqual([]);
});

test('one that the configuration names is there once', () => {
  const named: Event = { ...configured, discover: discoverPlan() };
  const { upstreams } = statusAt(1, stateAfter([0, named], [0, found]));
  expect(Object.keys(upstreams)).toEqual(['api', 'web1', 'web9']);
  expect(upstreams.web1).toMatchObject({ discovered: false, route: null });
});
