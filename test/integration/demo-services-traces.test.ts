import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, startMariadb, startRedis } from '../bed/databases.ts';
import { startNginx } from '../bed/nginx.ts';
import { listen } from '../support/backend.ts';
import {
  type Collector,
  type Received,
  type Segment,
  type Span,
  startCollector,
} from '../support/collector.ts';
import { type DemoService, startDemoService } from '../support/demo-service.ts';
import { edges } from '../support/topology.ts';

let collector: Collector;
let mariadb: Database;
let redis: Database;
let web1: DemoService;
let web2: DemoService;

const started = new AsyncDisposableStack();
beforeAll(async () => {
  collector = started.use(await startCollector());
  mariadb = started.use(await startMariadb());
  redis = started.use(await startRedis());
  const SW_OAP_ADDRESS = collector.address;
  web2 = started.use(
    await startDemoService({ SERVICE_NAME: 'service_web2', HOST_IP: '10.0.0.2', SW_OAP_ADDRESS }),
  );
  web1 = started.use(
    await startDemoService({
      SERVICE_NAME: 'service_web1',
      HOST_IP: '10.0.0.1',
      SW_OAP_ADDRESS,
      MYSQL_URL: mariadb.url,
      REDIS_URL: redis.url,
      WEB2_URL: `${web2.url}/get`,
    }),
  );
});
afterAll(() => started.disposeAsync());

test('/get answers with what MySQL, Redis and web2 had to say', async () => {
  expect(await json(`${web1.url}/get`)).toEqual({
    service: 'service_web1',
    node: '10.0.0.1',
    instance: `${hostname()}:${web1.port}`,
    mysql: [
      { id: 1, text: 'Hello from MySQL.' },
      { id: 2, text: 'This row was read by web1.' },
      { id: 3, text: 'The same row is there for every instance.' },
    ],
    redis: expect.any(Number),
    web2: { service: 'service_web2', node: '10.0.0.2', instance: `${hostname()}:${web2.port}` },
  });
});

test('one /get is one trace: an entry, MySQL, Redis and the call of web2, and web2’s entry joined to that call', async () => {
  const [one, two] = await traceOfGet();
  expect(one).toMatchObject({ service: 'service_web1', instance: 'server_10.0.0.1' });
  expect(two).toMatchObject({ service: 'service_web2', instance: 'server_10.0.0.2' });
  expect(two.trace).toBe(one.trace);

  const [entry, ...exits] = one.spans;
  expect(entry).toMatchObject({ kind: 'entry', layer: 'http', operation: 'GET:/get', parent: -1, refs: [] });
  expect(entry).toMatchObject({ failed: false, tags: { 'http.status_code': '200' } });
  const expected: readonly Partial<Span>[] = [
    { layer: 'database', operation: 'mysql/query', peer: mariadb.peer },
    { layer: 'cache', operation: 'redis/incr', peer: redis.peer },
    { layer: 'http', operation: '/get', peer: `127.0.0.1:${web2.port}` },
  ];
  expect(exits).toMatchObject(expected.map((span) => ({ ...span, kind: 'exit', parent: entry?.id })));
  expect(exits[0]?.tags).toMatchObject({ 'db.type': 'Mysql', 'db.instance': 'demo' });
  expect(exits[0]?.tags['db.statement']).toBe('SELECT id, text FROM messages ORDER BY id');

  expect(two.spans).toHaveLength(1);
  expect(two.spans[0]).toMatchObject({ kind: 'entry', layer: 'http', operation: 'GET:/get', parent: -1 });
  expect(two.spans[0]?.refs).toEqual([
    {
      trace: one.trace,
      segment: one.id,
      span: exits[2]?.id,
      service: 'service_web1',
      instance: 'server_10.0.0.1',
      address: `127.0.0.1:${web2.port}`,
    },
  ]);
});

test('SkyWalking’s map draws itself from that: user, web1, web2, MySQL, Redis', async () => {
  const [one, two] = await traceOfGet();
  expect(edges([one, two])).toEqual([
    'User → service_web1',
    `service_web1 → cache ${redis.peer}`,
    `service_web1 → database ${mariadb.peer}`,
    'service_web1 → service_web2',
  ]);
  // Without what joins the two, web2 would stand alone, and web1 would call an address that nobody knows.
  const apart = two.spans.map((span) => ({ ...span, refs: [] }));
  expect(edges([one, { ...two, spans: apart }])).toEqual([
    'User → service_web1',
    'User → service_web2',
    `service_web1 → cache ${redis.peer}`,
    `service_web1 → database ${mariadb.peer}`,
    `service_web1 → http 127.0.0.1:${web2.port}`,
  ]);
});

test('through a gateway that knows nothing of traces web2 is joined to web1 all the same', async () => {
  await using nginx = await startNginx({
    layout: ({ main, http, host, port }) => ({
      'nginx.conf': `${main}
events {}
http {
${http}
server { listen ${host}:${port}; location /web2/ { proxy_pass ${web2.url}/; } }
}
`,
    }),
  });
  await using through = await startDemoService({
    SERVICE_NAME: 'service_through',
    SW_OAP_ADDRESS: collector.address,
    WEB2_URL: `${nginx.url}/web2/get`,
  });
  await json(`${through.url}/get`);
  const segments = await collector.until(({ segments }) => {
    const one = segments.find(({ service }) => service === 'service_through');
    const trace = segments.filter((segment) => segment.trace === one?.trace);
    return trace.length === 2 ? trace : undefined;
  });
  // The gateway's address is no node of the map, since web2's entry tells who was reached by it.
  expect(edges(segments)).toEqual(['User → service_through', 'service_through → service_web2']);
});

test('a /get that fails at web2 is a failed trace that says where', async () => {
  const address = '127.0.0.1:9';
  await using broken = await startDemoService({
    SERVICE_NAME: 'service_broken',
    SW_OAP_ADDRESS: collector.address,
    WEB2_URL: `http://${address}/get`,
  });
  expect((await fetch(`${broken.url}/get`)).status).toBe(502);
  const { spans } = await collector.until(({ segments }) =>
    segments.find(({ service }) => service === 'service_broken'),
  );
  expect(spans).toMatchObject([
    { kind: 'entry', failed: true, tags: { 'http.status_code': '502' } },
    { kind: 'exit', failed: true, peer: address },
  ]);
});

test('what is not sent yet when an instance is told to go is sent before it ends', async () => {
  await using leaving = await startDemoService({
    SERVICE_NAME: 'service_leaving',
    SW_OAP_ADDRESS: collector.address,
    DRAIN_SECONDS: '0',
  });
  const sent = ({ segments }: Received) =>
    segments.filter(({ service, spans }) => service === 'service_leaving' && spans[0]?.operation === 'GET:/');
  // Only then has it found the collector.
  await json(leaving.url);
  await collector.until((received) => sent(received)[0]);
  await json(leaving.url);
  leaving.signal('SIGTERM');
  expect(await leaving.ended).toBe(0);
  // It would have been sent within a second anyway: that it was, by an instance that has ended, is the point.
  expect(sent(collector)).toHaveLength(2);
});

test('a collector that is away keeps no instance from its work and its end, and fills no file with complaints', async () => {
  await using service = await startDemoService({
    NODE_ENV: 'production',
    SW_OAP_ADDRESS: '127.0.0.1:9',
    DRAIN_SECONDS: '0',
  });
  await json(service.url);
  service.signal('SIGTERM');
  expect(await service.ended, service.text()).toBe(0);
  const folder = join(import.meta.dirname, '../../demo/services');
  expect((await readdir(folder)).filter((name) => name.endsWith('.log'))).toEqual([]);
});

test('a collector that hears all and answers nothing does not hold up the end for long', async () => {
  await using mute = await startCollector({ mute: true });
  await using service = await startDemoService({
    SW_OAP_ADDRESS: mute.address,
    // The agent by itself would wait for longer than this test may take.
    SW_AGENT_TRACE_TIMEOUT: '600000',
    DRAIN_SECONDS: '0',
  });
  await json(service.url);
  await mute.until(({ segments }) => segments[0]);
  await json(service.url);
  service.signal('SIGTERM');
  expect(await service.ended, service.text()).toBe(0);
});

test('without SW_OAP_ADDRESS nothing of the tracing is loaded and nothing is sent', async () => {
  const asked: (string | undefined)[] = [];
  await using other = createServer((request, response) => {
    asked.push(
      ...request.rawHeaders.map((name) => name.toLowerCase()).filter((name) => name.startsWith('sw8')),
    );
    response.end('{}');
  });
  const WEB2_URL = `http://127.0.0.1:${await listen(other)}/`;
  const run = async (service: string, SW_OAP_ADDRESS: string) => {
    await using web = await startDemoService({
      SERVICE_NAME: service,
      SW_OAP_ADDRESS,
      WEB2_URL,
      // The agent's own: it would send there.
      SW_AGENT_COLLECTOR_BACKEND_SERVICES: collector.address,
      DRAIN_SECONDS: '0',
      NODE_OPTIONS: `--import ${join(import.meta.dirname, '../support/list-loaded.ts')}`,
    });
    await json(`${web.url}/get`);
    web.signal('SIGTERM');
    expect(await web.ended, web.text()).toBe(0);
    return { loaded: /loaded: (.*)/.exec(web.text())?.[1]?.split(' '), headers: asked.splice(0) };
  };
  const off = await run('service_untraced', '');
  expect(off.loaded).toContain('express');
  expect(off.loaded).not.toContain('skywalking-backend-js');
  expect(off.loaded).not.toContain('@grpc/grpc-js');
  expect(off.headers).toEqual([]);

  // By the same look at one that is traced.
  const on = await run('service_traced', collector.address);
  expect(on.loaded).toContain('skywalking-backend-js');
  expect(on.headers).toEqual(['sw8']);
  expect(collector.segments.filter(({ service }) => service === 'service_untraced')).toEqual([]);
});

test('each instance tells the collector that it lives, and nobody traces the questions after its health', async () => {
  expect(await json(`${web1.url}/healthz`)).toMatchObject({ leaving: false });
  await traceOfGet();
  // The agent says so every 20 s, the first time after 20 s.
  const [properties] = await collector.until(({ alive, properties }) => {
    const names = ['service_web1 server_10.0.0.1', 'service_web2 server_10.0.0.2'];
    return names.every((name) => alive.has(name) && properties.has(name)) ? [properties] : undefined;
  }, 30_000);
  expect(properties.get('service_web1 server_10.0.0.1')).toMatchObject({
    language: 'NodeJS',
    hostname: hostname(),
  });
  const operations = collector.segments.flatMap(({ spans }) => spans.map(({ operation }) => operation));
  expect(operations).toContain('GET:/get');
  expect(operations).not.toContain('GET:/healthz');
});

async function json(url: string): Promise<unknown> {
  const response = await fetch(url);
  expect(response.status, url).toBe(200);
  return response.json();
}

/** Asks web1 for /get, and waits for the two segments of that. */
async function traceOfGet(): Promise<readonly [Segment, Segment]> {
  const before = new Set(collector.segments.map(({ trace }) => trace));
  await json(`${web1.url}/get`);
  return collector.until(({ segments }) => {
    const fresh = segments.filter(({ trace }) => !before.has(trace));
    const of = (name: string) =>
      fresh.find(({ service, spans }) => service === name && spans[0]?.kind === 'entry');
    const [one, two] = [of('service_web1'), of('service_web2')];
    return one && two ? [one, two] : undefined;
  });
}
