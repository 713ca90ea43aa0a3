import { expect, test } from 'vitest';
import { observe } from '../../../src/pipeline/observe.ts';
import type { UpstreamPlan } from '../../../src/pipeline/plan.ts';
import type { Registration } from '../../../src/pipeline/snapshot.ts';
import { admission, registration, registrations, snapshot, upstreamPlan } from './given.ts';

function see(value: readonly Registration[], plan: Partial<UpstreamPlan> = {}) {
  const [observation] = observe([upstreamPlan(plan)], admission(), snapshot({ web1: value }));
  if (observation === undefined) throw new Error('nothing was observed');
  return observation;
}

const lines = (value: readonly Registration[], plan: Partial<UpstreamPlan> = {}) =>
  see(value, plan).servers.map(({ host, port, weight, state }) => `${host}:${port} ${weight} ${state}`);

test('servers are sorted by address, whatever the order of the answer', () => {
  const forth = registrations(3);
  expect(lines([...forth].reverse())).toEqual(lines(forth));
});

test('IPv6 addresses are bracketed', () => {
  expect(lines([registration({ address: '2001:DB8::1' })])).toEqual(['[2001:db8::1]:80 1 up']);
});

test('spellings of one IPv6 address are one server', () => {
  const spellings = ['2001:db8::1', '2001:DB8:0:0::1', '2001:0db8:0000:0000:0000:0000:0.0.0.1'];
  expect(lines(spellings.map((address, id) => registration({ id: `${id}`, address })))).toEqual([
    '[2001:db8::1]:80 1 up',
  ]);
});

test("weights are Consul's, whatever others have: servers of other times are mixed with these", () => {
  const weighted = registrations(2).map((one, index) => ({
    ...one,
    weights: { passing: index === 0 ? 10 : 30, warning: 1 },
  }));
  expect(lines(weighted)).toEqual(['10.0.0.1:80 10 up', '10.0.0.2:80 30 up']);
});

test('a warning instance takes traffic by its warning weight', () => {
  const [calm = registration(), ill = registration()] = registrations(2, {
    weights: { passing: 10, warning: 5 },
  });
  expect(lines([calm, { ...ill, health: 'warning' }])).toEqual(['10.0.0.1:80 10 up', '10.0.0.2:80 5 up']);
});

test('a warning instance is left out where the policy says so, or its warning weight is 0', () => {
  const ill = registration({ health: 'warning' });
  expect(lines([ill], { onWarning: 'drop' })).toEqual([]);
  expect(lines([{ ...ill, weights: { passing: 1, warning: 0 } }])).toEqual([]);
});

test('an instance in maintenance drains, a critical one is left out', () => {
  const [one = registration(), two = registration()] = registrations(2);
  expect(
    lines([
      { ...one, health: 'maintenance' },
      { ...two, health: 'critical' },
    ]),
  ).toEqual(['10.0.0.1:80 1 down']);
});

test('only instances that carry every tag are seen', () => {
  const tagged = registration({ tags: ['v2', 'eu'] });
  expect(lines([tagged], { tags: ['v2', 'eu'] })).toHaveLength(1);
  expect(lines([tagged], { tags: ['v2', 'us'] })).toHaveLength(0);
});

test('an address that is registered twice stands once, and serves if either does', () => {
  const twice = [registration({ id: 'a', health: 'maintenance' }), registration({ id: 'b' })];
  expect(lines(twice)).toEqual(['10.0.0.1:80 1 up']);
  expect(see(twice).leftOut).toEqual([
    { upstream: 'web1', key: 'dc1/n1/a', reason: '10.0.0.1:80 is registered as dc1/n1/b too' },
  ]);
});

test.each([
  ['an empty address', { address: '' }],
  ['a host name', { address: 'example.org' }],
  ['an address that closes the block', { address: '10.0.0.1; } server { root /;' }],
  ['a unix socket', { address: 'unix:/var/run/docker.sock' }],
  ['hexadecimal digits', { address: '0x7f.1' }],
  ['an IPv6 zone', { address: 'fe80::1%eth0' }],
  ['the unspecified address', { address: '0.0.0.0' }],
  ['port 0', { port: 0 }],
  ['port 65536', { port: 65_536 }],
  ['a broken port', { port: 80.5 }],
])('%s is left out with a reason, and the good ones stay', (_, bad) => {
  const seen = see([registration({ id: 'bad', ...bad }), registration({ id: 'good', address: '10.0.0.9' })]);
  expect(seen.servers.map(({ host }) => host)).toEqual(['10.0.0.9']);
  expect(seen.leftOut).toHaveLength(1);
  expect(seen.leftOut[0]).toMatchObject({ upstream: 'web1', key: 'dc1/n1/bad' });
});

test('a service without an answer is told from one that is empty', () => {
  const [silent] = observe([upstreamPlan()], admission(), new Map());
  expect(silent?.answered).toBe(false);
  expect(see([]).answered).toBe(true);
});
