import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { queryKey } from '../../src/pipeline/query.ts';
import { type Consul, startConsul } from '../bed/consul.ts';
import { grant, READ } from '../support/consul-acl.ts';
import { type ConsulDouble, fails } from '../support/consul-double.ts';
import { type Followed, follow, web } from '../support/consul-follow.ts';
import { putKey } from '../support/consul-kv.ts';
import { type ConsulProxy, startConsulProxy } from '../support/consul-proxy.ts';
import { nameOf, registerMany, registerNode, weigh } from '../support/many-services.ts';

/*
 * More services than there are connections to wait on. What is awaited here must be seen for a good reason: the last
 * resorts, reads that come by themselves, are put off for longer than any test takes.
 */

const many = 300;
const names = Array.from({ length: many }, (_, s) => nameOf(s));
const never = 3_600_000;
const late = { sweepLater: never, poll: never, triggerInterval: 20, sweepWindow: never };
const CHECKS = '/v1/health/state/any';

let consul: Consul;
let proxy: ConsulProxy;

beforeAll(async () => {
  consul = await startConsul();
  await registerMany(consul, { services: many, instances: 2, nodes: 20 });
  proxy = await startConsulProxy(consul.url);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await consul[Symbol.asyncDispose]();
});

/** All of them and `more`, over ten connections, once each is answered for and nothing is asked any more. */
async function followAll(...more: string[]): Promise<Followed> {
  const asked = [...names, ...more];
  const followed = follow(proxy.url, asked.map(web), { maxConnections: 10, block: never }, late);
  onTestFinished(() => followed.stop());
  await followed.until(() => followed.feed.snapshot().size === asked.length);
  await quiet(proxy);
  return followed;
}

/** Until no service is asked for any more. */
async function quiet({ requests }: ConsulDouble): Promise<void> {
  let before = -1;
  const asked = () => {
    const reads = requests.filter(({ pathname }) => pathname.startsWith('/v1/health/service/')).length;
    const fresh = reads - before;
    before = reads;
    return fresh;
  };
  await expect.poll(asked, { interval: 150, timeout: 20_000 }).toBe(0);
}

/** Which services are read because of a change, once `seen` holds. */
async function readFor(followed: Followed, change: () => Promise<unknown>, seen: () => boolean) {
  const from = proxy.requests.length;
  await change();
  await followed.until(seen);
  await quiet(proxy);
  const reads = proxy.requests
    .slice(from)
    .map(({ pathname }) => /^\/v1\/health\/service\/(.+)$/.exec(pathname)?.[1]);
  expect(followed.events.filter(({ type }) => type === 'queryFailed')).toEqual([]);
  return new Set(reads.filter((name) => name !== undefined));
}

test('what a check tells of is read, and nothing else', async () => {
  const service = { id: 'told-1', name: 'told', port: 8001, health: 'passing' } as const;
  await consul.register(service);
  await consul.register({ id: 'next-1', name: 'next', port: 8003, health: 'passing' });
  const followed = await followAll('told', 'next');
  const value = () => followed.value('service:told') ?? [];
  const alone = new Set(['told']);

  const health = (change: () => Promise<unknown>, wanted: string) =>
    readFor(followed, change, () => value()[0]?.health === wanted);
  expect(await health(() => consul.check('told-1', 'critical'), 'critical')).toEqual(alone);
  expect(await health(() => consul.check('told-1', 'warning'), 'warning')).toEqual(alone);
  expect(await health(() => consul.check('told-1', 'passing'), 'passing')).toEqual(alone);
  expect(await health(() => consul.maintenance('told-1', true), 'maintenance')).toEqual(alone);
  expect(await health(() => consul.maintenance('told-1', false), 'passing')).toEqual(alone);
  // The node of both.
  onTestFinished(() => consul.nodeMaintenance(false));
  const both = new Set(['told', 'next']);
  expect(await health(() => consul.nodeMaintenance(true), 'maintenance')).toEqual(both);
  expect(await health(() => consul.nodeMaintenance(false), 'passing')).toEqual(both);

  const count = (change: () => Promise<unknown>, wanted: number) =>
    readFor(followed, change, () => value().length === wanted);
  expect(await count(() => consul.register({ ...service, id: 'told-2', port: 8002 }), 2)).toEqual(alone);
  expect(await count(() => consul.deregister('told-2'), 1)).toEqual(alone);
  expect(await count(() => consul.deregister('told-1'), 0)).toEqual(alone);
  expect(await count(() => consul.register(service), 1)).toEqual(alone);

  const tagged = () => consul.register({ ...service, tags: ['new'] });
  expect(await readFor(followed, tagged, () => value()[0]?.tags[0] === 'new')).toEqual(alone);
  const leave = () => consul.deregister('next-1');
  const isGone = () => followed.value('service:next')?.length === 0;
  expect(await readFor(followed, leave, isGone)).toEqual(new Set(['next']));
  expect(await proxy.connections()).toBeLessThanOrEqual(10);
});

test('what nothing tells of is found by reading all once', async () => {
  const service = { id: 'mute-1', name: 'mute', port: 8001 } as const;
  await consul.register(service);
  const followed = await followAll('mute');
  const value = () => followed.value('service:mute') ?? [];
  const all = new Set([...names, 'mute']);
  const found = (change: () => Promise<unknown>, seen: () => boolean) => readFor(followed, change, seen);

  const weights = { passing: 7, warning: 3 };
  expect(
    await found(
      () => consul.register({ ...service, weights }),
      () => value()[0]?.weights.passing === 7,
    ),
  ).toEqual(all);
  const meta = { version: '2' };
  expect(
    await found(
      () => consul.register({ ...service, meta }),
      () => value()[0]?.meta.version === '2',
    ),
  ).toEqual(all);
  expect(
    await found(
      () => consul.register({ ...service, port: 8009 }),
      () => value()[0]?.port === 8009,
    ),
  ).toEqual(all);
  const second = { ...service, id: 'mute-2', port: 8002 };
  expect(
    await found(
      () => consul.register(second),
      () => value().length === 2,
    ),
  ).toEqual(all);
  expect(
    await found(
      () => consul.deregister('mute-2'),
      () => value().length === 1,
    ),
  ).toEqual(all);
  // Its name goes too.
  expect(
    await found(
      () => consul.deregister('mute-1'),
      () => value().length === 0,
    ),
  ).toEqual(new Set(['mute']));
  expect(await proxy.connections()).toBeLessThanOrEqual(10);
});

test('that a node is followed too, which every change on it moves on, explains none of them', async () => {
  const service = { id: 'kept-1', name: 'kept', port: 8001 } as const;
  await consul.register(service);
  const followed = await followAll('kept');
  followed.feed.want([...[...names, 'kept'].map(web), { kind: 'node', node: consul.node, datacenter: '' }]);
  await followed.until(() => followed.feed.snapshot().size === many + 2);
  const weight = () => followed.value('service:kept')?.[0]?.weights.passing;
  const change = () => consul.register({ ...service, weights: { passing: 7, warning: 1 } });
  expect(await readFor(followed, change, () => weight() === 7)).toEqual(new Set([...names, 'kept']));
});

test("a node's new address is read for what runs there", async () => {
  const followed = await followAll();
  const here = names.filter((_, s) =>
    followed.value(`service:${nameOf(s)}`)?.some(({ node }) => node === 'ext-3'),
  );
  const seen = () =>
    followed.value(`service:${here[0]}`)?.some(({ address }) => address === '10.1.0.99') ?? false;
  expect(here.length).toBeGreaterThan(10);
  expect(await readFor(followed, () => registerNode(consul, 3, '10.1.0.99'), seen)).toEqual(new Set(here));
});

test('a change that hides behind another one is found a little later', async () => {
  const followed = follow(
    proxy.url,
    names.map(web),
    { maxConnections: 10, block: never },
    { ...late, sweepLater: 2 },
  );
  onTestFinished(() => followed.stop());
  await followed.until(() => followed.feed.snapshot().size === many);
  await quiet(proxy);
  const id = `${nameOf(0)}-new`;
  await consul.request('PUT', '/v1/txn', [
    weigh('ext-0', nameOf(0), id, 1),
    {
      Check: {
        Verb: 'set',
        Check: { Node: 'ext-0', CheckID: 'new', Name: 'c', Status: 'passing', ServiceID: id },
      },
    },
    weigh('ext-2', nameOf(1), `${nameOf(1)}-0`, 9),
  ]);
  await followed.until(() => followed.value(`service:${nameOf(0)}`)?.length === 3);
  await followed.until(() =>
    followed.value(`service:${nameOf(1)}`)?.some(({ weights }) => weights.passing === 9),
  );
  await consul.request('PUT', '/v1/catalog/deregister', { Node: 'ext-0', ServiceID: id });
});

test('what changes while a trigger cannot be followed is seen when it can', async () => {
  const service = { id: 'gap-1', name: 'gap', port: 8001, health: 'passing' } as const;
  await consul.register(service);
  const followed = await followAll('gap');
  onTestFinished(() => proxy.end());
  proxy.begin(CHECKS, (_asked, response) => fails(500)(response));
  expect(await followed.next('queryFailed')).toMatchObject({ query: 'checks:all' });
  await quiet(proxy);
  await consul.check('gap-1', 'critical');
  proxy.end();
  await followed.until(() => followed.value('service:gap')?.[0]?.health === 'critical');
  expect(followed.events.map(({ type }) => type)).toContain('queryRecovered');
});

test.each([CHECKS, '/v1/catalog/services', '/v1/catalog/nodes'])(
  'while %s is denied, all is asked in turn, and that is told',
  async (path) => {
    const service = { id: 'turn-1', name: 'turn', port: 8001, health: 'passing' } as const;
    await consul.register(service);
    onTestFinished(() => proxy.end());
    proxy.begin(path, (_asked, response) => fails(403, 'No rights')(response));
    const asked = [...names, 'turn'];
    const followed = follow(proxy.url, asked.map(web), { maxConnections: 10 }, { ...late, poll: 50 });
    onTestFinished(() => followed.stop());
    await followed.until(() => followed.feed.snapshot().size === asked.length);
    expect(await followed.next('queryFailed')).toMatchObject({
      problem: { where: proxy.url + path, what: expect.stringContaining('(403: No rights)') },
      meanwhile: 'services are asked in turn',
    });
    const [first] = followed.events.filter((event) => event.type === 'queryFailed');
    for (const [health, weight] of [
      ['critical', 5],
      ['passing', 1],
    ] as const) {
      const weights = { passing: weight, warning: 1 };
      await consul.register({ ...service, weights });
      await consul.check('turn-1', health);
      await followed.until(() => followed.value('service:turn')?.[0]?.weights.passing === weight);
      await followed.until(() => followed.value('service:turn')?.[0]?.health === health);
    }
    proxy.end();
    await followed.until(() =>
      followed.events.some((event) => event.type === 'queryRecovered' && event.query === first?.query),
    );
    await consul.deregister('turn-1');
    await followed.until(() => followed.value('service:turn')?.length === 0);
  },
);

test('with fewer services each has a query of its own again', async () => {
  await consul.register({ id: 'own-1', name: 'own', port: 8001 });
  const followed = await followAll('own');
  const from = proxy.requests.length;
  followed.feed.want([...names.slice(0, 6).map(web), web('own')]);
  const waiting = () => proxy.requests.slice(from).filter(({ searchParams }) => searchParams.has('index'));
  await expect.poll(() => new Set(waiting().map(({ pathname }) => pathname)).size).toBe(7);
  await expect.poll(() => proxy.connections()).toBe(7);

  await consul.register({ id: 'own-1', name: 'own', port: 8002 });
  await followed.until(() => followed.value('service:own')?.[0]?.port === 8002);

  // One more than would make them share, were they not sharing before.
  followed.feed.want([...names.slice(0, 9).map(web), web('own')]);
  await followed.until(() => followed.feed.snapshot().size === 10);
  await quiet(proxy);
  await consul.register({ id: 'own-1', name: 'own', port: 8003 });
  await followed.until(() => followed.value('service:own')?.[0]?.port === 8003);

  expect(followed.events.filter(({ type }) => type === 'watching')).toEqual([
    { type: 'watching', by: 'shared', queries: many + 1, most: 9 },
    { type: 'watching', by: 'own', queries: 7, most: 9 },
    { type: 'watching', by: 'shared', queries: 10, most: 9 },
  ]);
});

test('what nothing tells of is followed beside what shares, on the connections that there are', async () => {
  await consul.register({ id: 'beside-1', name: 'beside', port: 8001, health: 'passing' });
  const paths = Array.from({ length: 6 }, (_, each) => `beside/${each}`);
  const keys = paths.map((path) => ({ kind: 'key', path, datacenter: '' }) as const);
  const filtered = {
    kind: 'service',
    service: 'beside',
    datacenter: '',
    filter: 'Service.Port == 8001',
  } as const;
  const queries = [...names.map(web), ...keys, filtered];
  // Half of what the triggers leave may wait for a change of a key: three. The others are read now and again.
  const options = { maxConnections: 10, block: never };
  const followed = follow(proxy.url, queries, options, { ...late, poll: 300 });
  onTestFinished(() => followed.stop());
  await followed.until(() => followed.feed.snapshot().size === queries.length);
  await quiet(proxy);
  const waiting = () =>
    proxy.requests.filter((url) => url.pathname.startsWith('/v1/kv/') && url.searchParams.has('index'));
  expect(new Set(waiting().map(({ pathname }) => pathname)).size).toBe(3);

  const texts = () => keys.map((key) => followed.feed.snapshot().get(queryKey(key))?.value);
  for (const path of paths) await putKey(consul, path, 'new');
  await followed.until(() => texts().every((text) => text === 'new'));
  const health = () => followed.value(queryKey(filtered))?.[0]?.health;
  const read = await readFor(
    followed,
    () => consul.check('beside-1', 'critical'),
    () => health() === 'critical',
  );
  expect(read).toEqual(new Set(['beside']));
  expect(await proxy.connections()).toBeLessThanOrEqual(10);
});

test('a datacenter that nobody knows does not keep the others from being followed', async () => {
  await consul.register({ id: 'dc-1', name: 'dc', port: 8001, health: 'passing' });
  const mars = { kind: 'service', service: 'dc', datacenter: 'mars' } as const;
  const queries = [...names.map(web), web('dc'), mars];
  const followed = follow(proxy.url, queries, { maxConnections: 10, block: never }, late);
  onTestFinished(() => followed.stop());
  await followed.until(() => followed.feed.snapshot().size === queries.length - 1);
  await followed.until(() =>
    followed.events.some((e) => e.type === 'queryFailed' && e.query === 'nodes:all@mars'),
  );
  await consul.check('dc-1', 'critical');
  await followed.until(() => followed.value('service:dc')?.[0]?.health === 'critical');
});

test('a Consul that lost its state leaves all in place until they are back', async () => {
  await using own = await startConsul();
  await registerMany(own, { services: 30, instances: 2, nodes: 3 });
  const some = names.slice(0, 30);
  using followed = follow(own.url, some.map(web), { maxConnections: 10 }, { ...late, poll: 200 });
  const lengths = () => some.map((name) => followed.value(`service:${name}`)?.length);
  await followed.until(() => lengths().every((length) => length === 2));

  await own.kill();
  await followed.next('queryFailed');
  await own.start();
  await followed.until(() =>
    followed.events.some(
      (event) => event.type === 'queryFailed' && /lost its state/.test(event.problem.what),
    ),
  );
  expect(lengths().every((length) => length === 2)).toBe(true);

  await registerMany(own, { services: 30, instances: 1, nodes: 3 });
  await followed.until(() => lengths().every((length) => length === 1));
});

test('a token that loses its rights empties nothing, and goes on when it has them back', async () => {
  await using own = await startConsul({ acl: true });
  await registerMany(own, { services: 30, instances: 2, nodes: 3 });
  const some = names.slice(0, 30);
  const granted = await grant(own, READ);
  const options = { token: granted.token, maxConnections: 10, block: 300 };
  using followed = follow(own.url, some.map(web), options, { ...late, poll: 200 });
  const lengths = () => some.map((name) => followed.value(`service:${name}`)?.length);
  await followed.until(() => lengths().every((length) => length === 2));

  await granted.setRules('key_prefix "" { policy = "read" }');
  const failing = () => new Set(followed.events.flatMap((e) => (e.type === 'queryFailed' ? [e.query] : [])));
  await followed.until(() => some.every((name) => failing().has(`service:${name}`)));
  expect(lengths().every((length) => length === 2)).toBe(true);

  await granted.setRules(READ);
  await own.request('PUT', '/v1/txn', [weigh('ext-1', nameOf(0), `${nameOf(0)}-1`, 9)]);
  await followed.until(() =>
    followed.value(`service:${nameOf(0)}`)?.some(({ weights }) => weights.passing === 9),
  );
});

test('a token that may read some services alone follows those', async () => {
  await using own = await startConsul({ acl: true });
  await registerMany(own, { services: 30, instances: 2, nodes: 3 });
  const some = names.slice(0, 12);
  const rules = some.map((name) => `service "${name}" { policy = "read" }`).join('\n');
  const granted = await grant(own, `${rules}\nnode_prefix "" { policy = "read" }`);
  const options = { token: granted.token, maxConnections: 10, block: never };
  using followed = follow(own.url, some.map(web), options, late);
  await followed.until(() => some.every((name) => followed.value(`service:${name}`)?.length === 2));

  const first = followed.value(`service:${nameOf(11)}`)?.[0];
  if (first === undefined) throw new Error('none is registered');
  const check = {
    Node: first.node,
    CheckID: `check:${first.id}`,
    Name: 'c',
    Status: 'critical',
    ServiceID: first.id,
  };
  await own.request('PUT', '/v1/txn', [{ Check: { Verb: 'set', Check: check } }]);
  await followed.until(() => followed.value(`service:${nameOf(11)}`)?.[0]?.health === 'critical');
  await own.request('PUT', '/v1/txn', [weigh(first.node, nameOf(11), first.id, 9)]);
  await followed.until(() => followed.value(`service:${nameOf(11)}`)?.[0]?.weights.passing === 9);
  expect(followed.events.filter(({ type }) => type === 'queryFailed')).toEqual([]);
});
