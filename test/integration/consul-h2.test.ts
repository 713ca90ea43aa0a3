import { constants } from 'node:http2';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { createAgentServices } from '../../src/consul/agent-services.ts';
import { type Followed, follow, web } from '../support/consul-follow.ts';
import { startTlsConsul, type TlsConsul } from '../support/consul-tls.ts';
import { nameOf, registerMany, weigh } from '../support/many-services.ts';
import { startRelay } from '../support/relay.ts';
import { startTlsProxy, type TlsProxy } from '../support/tls-proxy.ts';

/* What comes by itself is put off for longer than any test takes: a change is seen for a good reason. */

const many = 300;
const names = Array.from({ length: many }, (_, s) => nameOf(s));
const never = 3_600_000;
const late = { sweepLater: never, poll: never, sweepWindow: never };

let there: TlsConsul;

beforeAll(async () => {
  // The proxy asks for each request on a connection of its own, and Consul counts one that was given up until the
  // query on it ends.
  there = await startTlsConsul('', 'limits { http_max_conns_per_client = 10000 }');
  await registerMany(there.consul, { services: many, instances: 2, nodes: 20 });
});
afterAll(() => there[Symbol.asyncDispose]());

function tls({ ca, cert, key, serverName }: TlsConsul, name = serverName) {
  return { ca, cert, key, serverName: name, verify: true };
}

function followAt(proxy: TlsProxy, count: number, options = {}, tuning = {}): Followed {
  const all = { tls: tls(there, proxy.serverName), maxConnections: 10, block: never, ...options };
  const followed = follow(proxy.url, names.slice(0, count).map(web), all, { ...late, ...tuning });
  onTestFinished(() => followed.stop());
  return followed;
}

const isAll = (followed: Followed, count: number) => followed.feed.snapshot().size === count;

/** Gives the first instance of a service another weight, and waits until that is seen. */
async function weighs(followed: Followed, s: number, weight: number): Promise<void> {
  const [instance] = followed.value(`service:${nameOf(s)}`) ?? [];
  if (instance === undefined) throw new Error('none is registered');
  await there.consul.request('PUT', '/v1/txn', [weigh(instance.node, nameOf(s), instance.id, weight)]);
  await followed.until(() =>
    followed.value(`service:${nameOf(s)}`)?.some(({ weights }) => weights.passing === weight),
  );
}

/** The services that wait for a change, by the requests so far. */
function waiting({ requests }: TlsProxy): number {
  return new Set(requests.filter((path) => path.includes('index=')).map((path) => path.split('?')[0])).size;
}

const failures = (followed: Followed) => followed.events.filter(({ type }) => type === 'queryFailed');

test('over TLS each of many services waits for itself, on few connections, and nothing else is read', async () => {
  const { hostname, port } = new URL(there.url);
  await using relay = await startRelay(hostname, Number(port));
  const options = { tls: tls(there), maxConnections: 10, block: never };
  using followed = follow(`https://127.0.0.1:${relay.port}`, names.map(web), options, late);
  await followed.until(() => isAll(followed, many));
  for (const [s, weight] of [
    [0, 7],
    [1, 8],
    [299, 9],
  ] as const) {
    const from = followed.events.length;
    await weighs(followed, s, weight);
    expect(followed.events.slice(from)).toMatchObject([{ type: 'answered', query: `service:${nameOf(s)}` }]);
  }
  expect(failures(followed)).toEqual([]);
  // Of 250 streams each.
  expect(relay.seen).toBe(2);

  followed.stop();
  await expect.poll(() => relay.open).toBe(0);
});

test('a Consul that is started anew is followed again by all', async () => {
  await using own = await startTlsConsul();
  await registerMany(own.consul, { services: many, instances: 2, nodes: 3 });
  using followed = follow(own.url, names.map(web), { tls: tls(own), maxConnections: 10, block: never }, late);
  await followed.until(() => isAll(followed, many));

  await own.consul.kill();
  await followed.until(() => new Set(failures(followed).map((e) => 'query' in e && e.query)).size === many);
  expect(failures(followed)[0]).toMatchObject({
    problem: { what: expect.stringMatching(/closed before|refused/) },
  });
  await own.consul.start();
  await registerMany(own.consul, { services: many, instances: 1, nodes: 3 });
  await followed.until(() => names.every((name) => followed.value(`service:${name}`)?.length === 1));
});

test('where HTTP/1.1 alone is spoken, more services than connections share what tells of changes', async () => {
  await using proxy = await startTlsProxy(there, undefined);
  const followed = followAt(proxy, 40);
  await followed.until(() => isAll(followed, 40));
  await expect
    .poll(() => proxy.requests.filter((path) => path.startsWith('/v1/catalog/nodes')).length)
    .toBeGreaterThan(1);
  await weighs(followed, 0, 17);
  expect(waiting(proxy)).toBe(3);
  expect(proxy.connections).toBeLessThanOrEqual(10);

  // As many as there are connections wait for themselves.
  followed.feed.want(names.slice(0, 6).map(web));
  await expect.poll(() => waiting(proxy)).toBe(3 + 6);
  await weighs(followed, 1, 18);
  expect(failures(followed)).toEqual([]);
});

test('as many streams are opened as the other side takes, and past that services share', async () => {
  await using proxy = await startTlsProxy(there, 5);
  const followed = followAt(proxy, 45);
  await followed.until(() => isAll(followed, 45));
  await expect.poll(() => waiting(proxy)).toBe(45);
  await weighs(followed, 0, 27);
  expect(proxy.connections).toBeLessThanOrEqual(10);

  followed.feed.want(names.slice(0, 46).map(web));
  await expect.poll(() => proxy.requests.some((path) => path.startsWith('/v1/health/state/any'))).toBe(true);
  expect(failures(followed)).toEqual([]);
});

test('what is asked past the streams there are waits for one that ends', async () => {
  await using proxy = await startTlsProxy(there, 5);
  const followed = followAt(proxy, 100, { maxConnections: 2 });
  await followed.until(() => isAll(followed, 100));
  expect(proxy.connections).toBe(2);
  expect(failures(followed)).toEqual([]);
});

test('a connection that announces its end serves what is on it, and nothing more', async () => {
  await using proxy = await startTlsProxy(there, 100);
  const followed = followAt(proxy, 20, { maxConnections: 2 });
  await expect.poll(() => waiting(proxy)).toBe(20);
  for (const weight of [31, 33, 35]) {
    expect(proxy.connections).toBe(1);
    proxy.goaway(constants.NGHTTP2_NO_ERROR);
    await weighs(followed, 0, weight);
    await weighs(followed, 0, weight + 1);
    expect(proxy.connections).toBe(2);
    for (let s = 1; s < 20; s += 1) await weighs(followed, s, weight);
    await expect.poll(() => proxy.connections).toBe(1);
  }
  expect(failures(followed)).toEqual([]);
});

test('a connection that ends with an error fails what is on it, and the first to be answered again tells the others', async () => {
  await using proxy = await startTlsProxy(there, 100);
  // All but one would be tried again after hours.
  const random = vi.fn(() => 0.9).mockReturnValueOnce(0);
  const followed = followAt(proxy, 20, {}, { backoffBase: never, backoffCap: never, random });
  await expect.poll(() => waiting(proxy)).toBe(20);
  proxy.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  await followed.until(() => followed.events.filter(({ type }) => type === 'queryRecovered').length === 20);
  await weighs(followed, 0, 47);
});

test.each([
  ['is reset', /NGHTTP2_INTERNAL_ERROR/, ({ stream }) => stream.close(constants.NGHTTP2_INTERNAL_ERROR)],
  ['is given up', /closed before an answer/, ({ stream }) => stream.close(constants.NGHTTP2_CANCEL)],
  [
    'breaks off',
    /broke off before its end/,
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-consul-index': '9' });
      response.write('[', () => response.stream.close(constants.NGHTTP2_CANCEL));
    },
  ],
  ['is no answer in time', /no answer in time/, () => undefined],
] as const satisfies [string, RegExp, (response: import('node:http2').Http2ServerResponse) => void][])(
  'an answer that %s is a failure of its own request alone',
  async (_, words, spoil) => {
    await using proxy = await startTlsProxy(there, 100);
    const path = `/v1/health/service/${nameOf(0)}`;
    proxy.spoil(path, spoil);
    const followed = followAt(proxy, 20, { timeout: 500, maxConnections: 1 });
    expect(await followed.next('queryFailed')).toMatchObject({
      query: `service:${nameOf(0)}`,
      problem: { what: expect.stringMatching(words) },
    });
    await followed.until(() => isAll(followed, 19));
    proxy.spoil(path, undefined);
    await followed.next('queryRecovered');
    await weighs(followed, 1, 57);
    expect(new Set(failures(followed).map((event) => 'query' in event && event.query)).size).toBe(1);
    expect(proxy.connections).toBe(1);
  },
);

test("what is written goes over TLS too, with its body, and a refusal is told in Consul's words", async () => {
  const options = {
    address: there.url,
    token: async () => undefined,
    datacenter: '',
    stale: true,
    block: 60_000,
  };
  const limits = { timeout: 3_000, maxStale: 60_000, maxConnections: 10, tls: tls(there) };
  using agent = createAgentServices({ ...options, ...limits }, () => undefined);
  const { signal } = new AbortController();
  const service = { id: 'written', name: 'written', address: '10.0.0.5', port: 80, tags: ['ä'], meta: {} };
  expect(await agent.register({ ...service, check: undefined }, signal)).toBeUndefined();
  expect(await agent.services(signal)).toMatchObject([service]);
  expect(await agent.maintain('missing', 'gone', signal)).toMatchObject({
    what: expect.stringMatching(/^Consul \w+.* \(\d+: .*missing/),
  });
  expect(await agent.deregister('written', signal)).toBeUndefined();
  expect(await agent.services(signal)).toEqual([]);
});

test('a connection that falls silent is found by what is asked on it, and given up', async () => {
  await using proxy = await startTlsProxy(there, 100);
  await using relay = await startRelay('127.0.0.1', proxy.port);
  const options = { tls: tls(there, proxy.serverName), block: never, timeout: 500 };
  const followed = follow(`https://127.0.0.1:${relay.port}`, names.slice(0, 20).map(web), options, late);
  onTestFinished(() => followed.stop());
  await expect.poll(() => waiting(proxy)).toBe(20);
  relay.freeze();
  // The first read of another one.
  followed.feed.want(names.slice(0, 21).map(web));
  await followed.until(() => followed.events.filter(({ type }) => type === 'queryRecovered').length === 21);
  expect(relay).toMatchObject({ seen: 2, open: 1 });
  await weighs(followed, 0, 67);
});
