import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { follow, held, web } from '../support/consul-follow.ts';

const MARS = { kind: 'service', service: 'web1', datacenter: 'mars' } as const;

let consul: Consul;

beforeAll(async () => {
  consul = await startConsul({ node: 'n1' });
});
afterAll(() => consul[Symbol.asyncDispose]());

test('an instance that joins or leaves changes the answer', async () => {
  await consul.register({ id: 'join-1', name: 'join', port: 8001, health: 'passing' });
  using followed = follow(consul.url, [web('join')]);
  await followed.until(() => followed.value('service:join')?.length === 1);

  await consul.register({ id: 'join-2', name: 'join', port: 8002, tags: ['v2'], meta: { zone: 'a' } });
  const [, joined] = await followed.until(() => {
    const value = followed.value('service:join');
    return value?.length === 2 && value;
  });
  expect(joined).toEqual({
    datacenter: 'dc1',
    node: 'n1',
    nodeAddress: '127.0.0.1',
    id: 'join-2',
    service: 'join',
    address: '127.0.0.1',
    port: 8002,
    weights: { passing: 1, warning: 1 },
    health: 'passing',
    tags: ['v2'],
    meta: { zone: 'a' },
  });

  await consul.deregister('join-1');
  await followed.until(() => followed.value('service:join')?.length === 1);
  expect(followed.value('service:join')?.[0]?.id).toBe('join-2');
});

test('a weight, a health and a maintenance change the answer', async () => {
  const service = { id: 'h-1', name: 'h', port: 8001, health: 'passing' } as const;
  await consul.register(service);
  using followed = follow(consul.url, [web('h')]);
  const health = (wanted: string) =>
    followed.until(() => followed.value('service:h')?.[0]?.health === wanted);
  await health('passing');

  await consul.register({ ...service, weights: { passing: 7, warning: 3 } });
  await followed.until(() => followed.value('service:h')?.[0]?.weights.passing === 7);
  expect(followed.value('service:h')?.[0]?.weights).toEqual({ passing: 7, warning: 3 });
  await consul.check('h-1', 'warning');
  await health('warning');
  await consul.check('h-1', 'critical');
  await health('critical');
  await consul.check('h-1', 'passing');
  await health('passing');
  await consul.maintenance('h-1', true);
  await health('maintenance');
  await consul.maintenance('h-1', false);
  await health('passing');
  await consul.nodeMaintenance(true);
  await health('maintenance');
  await consul.nodeMaintenance(false);
  await health('passing');
});

test('a check that changes nothing but its output is no change', async () => {
  await consul.register({ id: 'o-1', name: 'o', port: 8001, health: 'passing' });
  using followed = follow(consul.url, [web('o')]);
  await followed.until(() => followed.value('service:o')?.[0]?.health === 'passing');
  const before = held(followed.feed, 'service:o');
  const changes = followed.changes;

  await consul.check('o-1', 'passing', 'another text');
  await expect.poll(() => held(followed.feed, 'service:o')?.index).not.toBe(before?.index);
  expect(followed.changes).toBe(changes);
  expect(followed.feed.snapshot().get('service:o')).toMatchObject({
    value: before?.value,
    since: before?.since,
  });
  // That it was answered is told all the same, or nobody could say how old the data is.
  expect(followed.events.at(-1)).toEqual({
    type: 'answeredSame',
    query: 'service:o',
    index: held(followed.feed, 'service:o')?.index,
  });

  await consul.check('o-1', 'warning', 'a third text');
  await followed.until(() => followed.value('service:o')?.[0]?.health === 'warning');
  expect(followed.changes).toBe(changes + 1);
  expect(followed.events.at(-1)).toMatchObject({ type: 'answered', instances: 1, health: { warning: 1 } });
});

test('a status that Consul does not know counts as critical and spoils nothing', async () => {
  await consul.request('PUT', '/v1/catalog/register', {
    Node: 'odd',
    Address: '10.0.0.1',
    Service: { ID: 'odd-1', Service: 'odd', Port: 80 },
    Check: { CheckID: 'c', ServiceID: 'odd-1', Status: 'bogus' },
  });
  using followed = follow(consul.url, [web('odd')]);
  await followed.until(() => followed.value('service:odd'));
  expect(followed.value('service:odd')).toMatchObject([{ address: '10.0.0.1', health: 'critical' }]);
});

test('the last instance that leaves is believed, after a second look', async () => {
  await consul.register({ id: 'l-1', name: 'l', port: 8001 });
  using followed = follow(consul.url, [web('l')]);
  await followed.until(() => followed.value('service:l')?.length === 1);

  await consul.deregister('l-1');
  await followed.until(() => followed.value('service:l')?.length === 0);

  expect(followed.events.filter(({ type }) => type === 'queryFailed')).toEqual([]);
});

test('a service that was never registered is believed to be empty', async () => {
  using followed = follow(consul.url, [web('never')]);
  const answered = await followed.next('answered');
  expect(answered).toMatchObject({ query: 'service:never', instances: 0 });
});

test('an unknown datacenter is refused in words of Consul', async () => {
  using followed = follow(consul.url, [MARS]);
  const { problem } = await followed.next('queryFailed');
  expect(problem).toEqual({
    where: `${consul.url}/v1/health/service/web1`,
    what: 'Consul failed (500: No path to datacenter)',
  });
});

test('a node query shows what else took a port of that node', async () => {
  await consul.register({ id: 'r-1', name: 'r', port: 8090 });
  using followed = follow(consul.url, [{ kind: 'node', node: 'n1', datacenter: '' }]);
  const onPort = () => followed.value('node:n1')?.filter(({ port }) => port === 8090);
  await followed.until(() => onPort()?.length === 1);

  await consul.deregister('r-1');
  await consul.register({ id: 'other-1', name: 'other', port: 8090 });
  await followed.until(() => onPort()?.[0]?.service === 'other');

  expect(onPort()).toMatchObject([{ id: 'other-1', address: '127.0.0.1', health: 'unknown' }]);
});

test('a node that is not there has no registrations, and needs no second look', async () => {
  using followed = follow(consul.url, [{ kind: 'node', node: 'nowhere', datacenter: '' }]);
  await followed.until(() => followed.value('node:nowhere'));
  expect(followed.value('node:nowhere')).toEqual([]);
});

test('want keeps the answers of queries that stay, and forgets those that go', async () => {
  await consul.register({ id: 'w-1', name: 'w1', port: 8001 });
  await consul.register({ id: 'w-2', name: 'w2', port: 8002 });
  using followed = follow(consul.url, [web('w1'), web('w2')]);
  await followed.until(() => followed.feed.snapshot().size === 2);
  const stays = followed.feed.snapshot().get('service:w2');

  followed.feed.want([web('w2'), web('w3'), web('w3')]);
  expect([...followed.feed.snapshot().keys()]).toEqual(['service:w2']);
  expect(followed.events.filter(({ type }) => type === 'forgotten')).toEqual([
    { type: 'forgotten', query: 'service:w1' },
  ]);
  await followed.until(() => followed.value('service:w3'));
  expect(followed.feed.snapshot().get('service:w2')).toBe(stays);

  // w1 is followed by nobody now: were it, its change would come before that of w2.
  await consul.deregister('w-1');
  await consul.deregister('w-2');
  await followed.until(() => followed.value('service:w2')?.length === 0);
  expect([...followed.feed.snapshot().keys()].sort()).toEqual(['service:w2', 'service:w3']);
});

test('more queries than connections are all answered, and all see their changes', async () => {
  const names = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5'];
  for (const name of names) await consul.register({ id: name, name, port: 8001 });
  using followed = follow(consul.url, names.map(web), { maxConnections: 3 }, { poll: 100 });
  const lengths = () => names.map((name) => followed.value(`service:${name}`)?.length);
  await followed.until(() => lengths().every((length) => length === 1));

  for (const name of names) await consul.deregister(name);
  await followed.until(() => lengths().every((length) => length === 0));
});

test('Consul is reached through a unix socket as well', async () => {
  const socket = join(tmpdir(), `upsync-consul-${process.pid}.sock`);
  onTestFinished(() => rm(socket, { force: true }));
  await using behind = await startConsul({ hcl: `addresses { http = "127.0.0.1 unix://${socket}" }` });
  await behind.register({ id: 'u-1', name: 'u', port: 8001 });
  using followed = follow(`unix://${socket}`, [web('u'), { ...MARS, service: 'u' }]);
  await followed.until(() => followed.value('service:u')?.length === 1);
  const { problem } = await followed.next('queryFailed');
  expect(problem.where).toBe(`${socket}/v1/health/service/u`);
});

test('a socket that is not there is told as such', async () => {
  const socket = join(tmpdir(), `upsync-nowhere-${process.pid}.sock`);
  using followed = follow(`unix://${socket}`, [web('u')]);
  const { problem } = await followed.next('queryFailed');
  expect(problem).toEqual({
    where: `${socket}/v1/health/service/u`,
    what: 'no such socket',
    remedy: 'is the Consul agent running, and does it listen there?',
  });
});
