import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { type NginxBed, startNginx } from '../bed/nginx.ts';
import { type Backend, startBackend } from '../support/backend.ts';
import { followEvents } from '../support/event-stream.ts';
import { parseExposition } from '../support/exposition.ts';
import { gateway, killAll, tally } from '../support/gateway.ts';
import { promtool, runPromtool } from '../support/promtool.ts';
import { controlSocket, listening, send, statusOf, statusUrl } from '../support/status.ts';
import { launch, outputOf, startUpsync, type Upsync, writeConfig } from '../support/upsync.ts';

let consul: Consul;
let nginx: NginxBed;
let one: Backend;
let two: Backend;
let upsync: Upsync;
let url: string;

beforeAll(async () => {
  [consul, nginx] = await Promise.all([startConsul(), startNginx(gateway())]);
  [one, two] = await Promise.all([startBackend('one'), startBackend('two')]);
  await consul.register(one.as('web1'));
  const flags = ['--service', 'web1', '--service', 'api', '--listen-hosts', 'gateway.example'];
  upsync = startUpsync({ consul, nginx }, ...flags, ...listening);
  await upsync.next('published');
  url = await statusUrl(upsync);
});
afterAll(async () => {
  for (const each of [upsync, one, two, nginx, consul]) await each[Symbol.asyncDispose]();
});

const paths = ['', 'status', 'metrics', 'healthz', 'readyz'];

test('what it does is told: services, upstreams, nginx, releases', async () => {
  const address = `127.0.0.1:${one.port}`;
  const status = await statusOf(url);
  expect(status).toMatchObject({
    alive: true,
    ready: true,
    consul: 'answering',
    pid: upsync.pid,
    process: 'running',
    warnings: ['api  0 registered, it answers 503'],
    settings: { 'consul.address': consul.url, 'consul.token': 'none' },
    listening: { at: url, problem: null },
    queries: {
      'service:web1': { answer: { instances: 1, health: { passing: 1, critical: 0 } }, failing: null },
      'service:api': { answer: { instances: 0 } },
    },
    upstreams: {
      api: { origin: 'down', servers: [], why: { kind: 'down', registered: 0 } },
      web1: { origin: 'live', up: 1, servers: [{ address, node: consul.node, state: 'up' }], why: null },
    },
  });
  const [release] = Object.values(status.releases);
  expect(release).toMatchObject({
    digest: status.nginx.release,
    result: 'live',
    workers: 2,
    changes: [{ upstream: 'web1', joined: { count: 1, servers: [{ address, node: consul.node }] } }],
  });
  expect(release?.changeToLive).toBeGreaterThan(0);
  expect(release?.steps).toMatchObject({ test: expect.any(Number), prove: expect.any(Number) });
});

test('a node that joins is told to whoever follows, once it is live', async () => {
  using stream = await followEvents(`${url}events`);
  await stream.until(({ upstreams }) => upstreams.web1?.up === 1);
  await consul.register(two.as('web1'));
  const status = await stream.until(({ upstreams }) => upstreams.web1?.up === 2);
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 1, two: 1 });
  expect(Object.values(status.releases).at(-1)).toMatchObject({
    result: 'live',
    changes: [{ joined: { servers: [{ address: `127.0.0.1:${two.port}` }] } }],
  });
  expect(stream.messages.slice(0, 2)).toEqual(['status', 'change']);
  await consul.deregister('web1-two');
  await stream.until(({ upstreams }) => upstreams.web1?.up === 1);
});

test('the metrics are what Prometheus reads', async () => {
  const { body, headers } = await send(`${url}metrics`);
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const metrics = new Map(parseExposition(body).map((metric) => [metric.name, metric]));
  expect(metrics.get('upsync_upstream_servers')?.samples).toContainEqual({
    name: 'upsync_upstream_servers',
    labels: { upstream: 'web1', state: 'up' },
    value: 1,
  });
  if (promtool !== undefined) expect(runPromtool(['check', 'metrics'], body)).toEqual({ code: 0, said: '' });
});

test('a person who asks with curl reads it as text', async () => {
  const { body, headers } = await send(url);
  expect(headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(body).toMatch(/^upsync \d+\.\d+\.\d+, up .*, ready\nnginx runs release [0-9a-f]{16}/);
  expect(body).toMatch(/^web1 +1 up +live +1 passing/m);
});

describe('nothing can be changed', () => {
  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('%s is refused', async (method) => {
    for (const path of [...paths, 'events']) {
      const { status, headers } = await send(url + path, { method });
      expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    }
  });

  test('and what is not there is not there', async () => {
    for (const path of ['status/', 'STATUS', '../etc/passwd', '%2e%2e/status', 'config', 'favicon.ico']) {
      expect((await send(url, { path: `/${path}` })).status).toBe(404);
    }
    expect((await send(`${url}healthz?x=1`)).body).toBe('ok\n');
  });
});

describe('a request for another name', () => {
  test.each(['evil.example', 'evil.example:1', 'localhost.evil.example'])('%j is refused', async (host) => {
    for (const path of [...paths, 'events', 'nothing']) {
      const { status, body } = await send(url + path, { headers: { host } });
      expect(status).toBe(421);
      expect(body).not.toContain('web1');
    }
  });

  test.each(['localhost', '127.0.0.1:9465', '[::1]', 'gateway.example'])('%s is answered', async (host) => {
    expect((await send(`${url}healthz`, { headers: { host } })).status).toBe(200);
  });

  test('needs one', async () => {
    expect((await send(`${url}status`, { setHost: false })).status).toBe(400);
  });

  test('is none of the control socket, where no browser comes from', async () => {
    const options = { ...controlSocket(nginx, '/healthz'), headers: { host: 'anything' } };
    expect((await send(url, options)).body).toBe('ok\n');
  });
});

test('every answer keeps browsers from doing anything with it', async () => {
  const answers = await Promise.all([
    ...[...paths, 'nothing'].map((path) => send(url + path)),
    send(url, { method: 'POST' }),
    send(url, { headers: { host: 'evil.example' } }),
  ]);
  for (const { headers } of answers) {
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['x-powered-by'] ?? headers.server).toBeUndefined();
  }
});

test('HEAD is GET without a body', async () => {
  for (const path of [...paths, 'events']) {
    const { status, body, headers } = await send(url + path, { method: 'HEAD' });
    expect([status, body]).toEqual([200, '']);
    expect(headers['content-type']).toBeDefined();
  }
});

test("another site's page takes up no place", async () => {
  const { status } = await send(`${url}events`, { headers: { 'sec-fetch-site': 'cross-site' } });
  expect(status).toBe(403);
});

test('a port that is taken is said and tried again, and keeps nobody from following', async () => {
  await using other = await startNginx(gateway());
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = Object(holder.address());
  const place = { consul, nginx: other };
  await using second = startUpsync(place, '--service', 'web1', '--listen', `127.0.0.1:${port}`);
  expect(await second.next('notListening')).toMatchObject({
    level: 'error',
    at: `http://127.0.0.1:${port}/`,
    what: 'the port is taken',
  });
  await second.next('published');
  expect(await tally(`${other.url}/web1`, 1)).toEqual({ one: 1 });
  const { body } = await send('http://localhost', controlSocket(other));
  expect(JSON.parse(body)).toMatchObject({
    ready: true,
    listening: { problem: { what: 'the port is taken' } },
  });

  holder.close();
  expect(await second.next('listening')).toMatchObject({ level: 'info', at: `http://127.0.0.1:${port}/` });
  expect((await send(`http://127.0.0.1:${port}/readyz`)).body).toBe('ok\n');
});

test('a new configuration may have it told elsewhere, or nowhere', async () => {
  await using other = await startNginx(gateway());
  const write = (listen: string) =>
    writeConfig(
      other,
      `consul: {address: '${consul.url}'}
nginx: {conf: ${other.conf}}
output: ${outputOf(other)}
upstreams: {web1: }
listen: ${listen}
log: {level: debug, format: json}
`,
    );
  await using second = launch('src/main.ts', await write('127.0.0.1:0'));
  await second.next('published');
  const first = await statusUrl(second);
  expect((await send(`${first}readyz`)).status).toBe(200);

  second.forget();
  await write('"[::1]:0"');
  second.signal('SIGHUP');
  const { at } = await second.next('listening');
  expect(at).toMatch(/^http:\/\/\[::1\]:\d+\/$/);
  expect((await send(`${at}healthz`)).status).toBe(200);
  await expect(send(first)).rejects.toThrow('ECONNREFUSED');

  await write('off');
  second.signal('SIGHUP');
  await second.next('unchanged');
  await expect(send(String(at))).rejects.toThrow('ECONNREFUSED');
  const { body } = await send('http://localhost', controlSocket(other));
  expect(JSON.parse(body)).toMatchObject({ settings: { listen: 'off' }, listening: null });
});

test('who follows is told that upsync stops, which takes no longer for it', async () => {
  await using other = await startNginx(gateway());
  await using second = startUpsync({ consul, nginx: other }, '--service', 'web1', ...listening);
  await second.next('published');
  using stream = await followEvents(`${await statusUrl(second)}events`);
  using onSocket = await followEvents(controlSocket(other, '/events'));
  for (const each of [stream, onSocket]) await each.until(({ ready }) => ready);
  const start = performance.now();
  second.signal('SIGTERM');
  for (const each of [stream, onSocket]) {
    await each.until((status) => status.process === 'stopping');
    await each.ended;
  }
  expect(await second.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - start).toBeLessThan(2_000);
});

test('nginx that goes makes it not ready, and it lives on', async () => {
  await using other = await startNginx(gateway());
  await using second = startUpsync({ consul, nginx: other }, '--service', 'web1', ...listening);
  await second.next('published');
  const at = await statusUrl(second);
  using stream = await followEvents(`${at}events`);
  await killAll(other);
  const status = await stream.until((status) => status.nginx.state === 'stopped');
  expect(status).toMatchObject({ alive: true, ready: false, notReady: ['nginx is not running'] });
  const [health, ready] = [await send(`${at}healthz`), await send(`${at}readyz`)];
  expect([health.status, ready.status, ready.body]).toEqual([200, 503, 'nginx is not running\n']);
  await other.start();
  await stream.until((status) => status.ready);
});
