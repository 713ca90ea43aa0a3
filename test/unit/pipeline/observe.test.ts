import { expect, test } from 'vitest';
import { observe, serviceQueries } from '../../../src/pipeline/observe.ts';
import type { UpstreamPlan } from '../../../src/pipeline/plan.ts';
import { queryKey } from '../../../src/pipeline/query.ts';
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

const two = { datacenter: 'dc1', fallback: ['dc2', 'dc3'] };
const down = { health: 'critical' } as const;

function seeIn(services: Readonly<Record<string, readonly Registration[]>>) {
  const [observation] = observe([upstreamPlan(two)], admission(), snapshot(services));
  if (observation === undefined) throw new Error('nothing was observed');
  const { servers, answered, isPending, fallback } = observation;
  return { hosts: servers.map(({ host }) => host), answered, isPending, fallback };
}

const here = registration({ address: '10.1.0.1' });
const there = registration({ address: '10.2.0.1', datacenter: 'dc2' });
const far = registration({ address: '10.3.0.1', datacenter: 'dc3' });

test('of several datacenters the first counts in which something can serve', () => {
  const all = { 'web1@dc1': [here], 'web1@dc2': [there], 'web1@dc3': [far] };
  const good = { answered: true, isPending: false };
  expect(seeIn(all)).toEqual({ hosts: ['10.1.0.1'], ...good });
  expect(seeIn({ ...all, 'web1@dc1': [] })).toEqual({ hosts: ['10.2.0.1'], fallback: 'dc2', ...good });
  const ill = { 'web1@dc1': [{ ...here, ...down }], 'web1@dc2': [{ ...there, ...down }] };
  expect(seeIn({ ...all, ...ill })).toEqual({ hosts: ['10.3.0.1'], fallback: 'dc3', ...good });
  const draining = { 'web1@dc1': [{ ...here, health: 'maintenance' } as const] };
  expect(seeIn({ ...all, ...draining })).toMatchObject({ hosts: ['10.2.0.1'], fallback: 'dc2' });
  expect(seeIn({ 'web1@dc1': [], 'web1@dc2': [], 'web1@dc3': [] })).toEqual({ hosts: [], ...good });
});

test('a datacenter that has not answered is waited for at the start, and then left to those that have', () => {
  expect(seeIn({ 'web1@dc2': [there] })).toEqual({
    hosts: ['10.2.0.1'],
    fallback: 'dc2',
    answered: true,
    isPending: true,
  });
  // The last ones matter to nobody while the first serves.
  expect(seeIn({ 'web1@dc1': [here] })).toMatchObject({ answered: true, isPending: false });
  // Where none of those that answered can serve, the silent one might: that is no empty service.
  expect(seeIn({ 'web1@dc1': [], 'web1@dc2': [] })).toMatchObject({ hosts: [], answered: false });
});

test('what is registered in any of the datacenters is known, so that it is told why it left', () => {
  const [observation] = observe(
    [upstreamPlan(two)],
    admission(),
    snapshot({ 'web1@dc1': [{ ...here, ...down }], 'web1@dc2': [there] }),
  );
  expect(observation?.registered.map(({ host, health }) => `${host} ${health}`)).toEqual([
    '10.1.0.1 critical',
    '10.2.0.1 passing',
  ]);
});

test('a query for each datacenter, narrowed down as the upstream is', () => {
  const narrowed = { filter: 'x == 1', namespace: 'n', partition: 'p', peer: 'far' };
  expect(serviceQueries(upstreamPlan({ ...two, ...narrowed })).map(queryKey)).toEqual(
    ['dc1', 'dc2', 'dc3'].map(
      (each) => `service:web1@${each}?namespace=n&partition=p&peer=far&filter=x%20%3D%3D%201`,
    ),
  );
  expect(serviceQueries(upstreamPlan()).map(queryKey)).toEqual(['service:web1']);
});
