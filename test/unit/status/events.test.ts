import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import { type Current, currentStatus } from '../../../src/status/current.ts';
import { type AudienceTuning, audience, audienceTuning } from '../../../src/status/events.ts';
import { realClock } from '../../support/consul-follow.ts';
import { followEvents } from '../../support/event-stream.ts';
import { release } from '../pipeline/fakes.ts';
import { server, upstream, upstreamPlan, view } from '../pipeline/given.ts';
import { answered, configured, published, reconciled } from './told.ts';

let http: Server | undefined;
afterEach(() => http?.closeAllConnections());

interface Told {
  readonly url: string;
  readonly current: Current;
  end(): void;
  /** What the server still holds for its clients, in bytes. */
  buffered(): number;
}

async function tell(tuning: Partial<AudienceTuning> = {}, timeout = 30_000): Promise<Told> {
  const current = currentStatus('1.2.3', realClock);
  const followers = audience(current, { ...audienceTuning, ...tuning });
  const sockets = new Set<{ readonly writableLength: number }>();
  http = createServer((request, response) => {
    sockets.add(request.socket);
    if (!followers.join(response)) response.writeHead(503).end();
  });
  http.timeout = timeout;
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    current,
    end: followers.end,
    buffered: () => [...sockets].reduce((sum, { writableLength }) => sum + writableLength, 0),
  };
}

/** 200 upstreams of 50 servers, whose weight is `weight`. */
function large(weight: number): readonly Event[] {
  const names = Array.from({ length: 200 }, (_, index) => `u${index}`);
  const servers = Array.from({ length: 50 }, (_, index) => server(index, { weight }));
  const made = release(`r${weight}`, view(...names.map((name) => upstream(servers, { name }))));
  return [
    { ...configured, upstreams: names.map((name) => upstreamPlan({ name })) },
    reconciled(published(made)),
  ];
}

test('the first message is the whole, the next ones what changed', async () => {
  const { url, current } = await tell();
  current.note(configured);
  using stream = await followEvents(url);
  await stream.until(({ upstreams }) => 'web1' in upstreams);
  expect(stream.messages).toEqual(['status']);
  expect(stream.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  current.note(answered('web1', 3));
  const status = await stream.until(({ queries }) => 'service:web1' in queries);
  expect(status).toEqual({ ...current.status(), time: status.time });
  expect(stream.messages).toEqual(['status', 'change']);
});

test('many changes at once are one message', async () => {
  const { url, current } = await tell();
  using stream = await followEvents(url);
  await stream.until(() => true);
  for (let index = 1; index <= 1_000; index += 1) current.note(answered('web1', index));
  await stream.until(({ queries }) => queries['service:web1']?.answer?.health.passing === 1_000);
  expect(stream.messages).toEqual(['status', 'change']);
});

test('where nothing changes the time comes along now and then, and not with each look at nginx', async () => {
  const { url, current } = await tell({ heartbeat: 100, gather: 0 });
  using stream = await followEvents(url);
  const { time } = await stream.until(() => true);
  await stream.until((status) => status.time > time);
  expect(stream.messages).toEqual(['status', 'change']);

  const quiet = await tell({ heartbeat: 60_000, gather: 0 });
  const look: Event = { type: 'observed', running: { kind: 'running', digest: 'a', draining: 0 } };
  quiet.current.note(look);
  using other = await followEvents(quiet.url);
  await other.until(() => true);
  quiet.current.note(look);
  // Time enough for the message that should not come.
  await sleep(50);
  quiet.current.note(answered('web1'));
  await other.until(({ queries }) => 'service:web1' in queries);
  expect(other.messages).toEqual(['status', 'change']);
  expect(current.status().nginx.state).toBe('unknown');
});

test('one more than there are places for is refused, and taken once somebody has left', async () => {
  const { url } = await tell({ maxClients: 2 });
  const first = await followEvents(url);
  using second = await followEvents(url);
  await second.until(() => true);
  using refused = await followEvents(url);
  expect(refused.response.statusCode).toBe(503);
  first[Symbol.dispose]();
  await first.ended;
  await expect
    .poll(async () => {
      using again = await followEvents(url);
      return again.response.statusCode;
    })
    .toBe(200);
});

test('who reads slowly misses nothing, and is never owed more than one message', async () => {
  const { url, current, buffered } = await tell({ gather: 0 });
  for (const event of large(1)) current.note(event);
  const size = JSON.stringify(current.status()).length;
  const { port } = new URL(url);
  const request = get({ port, host: '127.0.0.1', agent: false });
  const [response] = await once(request, 'response');
  response.pause();
  const owed: number[] = [];
  for (let weight = 2; weight <= 30; weight += 1) {
    for (const event of large(weight)) current.note(event);
    await sleep(5);
    owed.push(buffered());
  }
  expect(Math.max(...owed)).toBeGreaterThan(0);
  expect(Math.max(...owed)).toBeLessThan(1.5 * size);
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  response.resume();
  await expect.poll(() => text.match(/"digest":"r30"/g)?.length ?? 0).toBeGreaterThan(0);
  // How many fit into the buffers of the connection is the machine's affair; one for each change do not.
  expect(text.match(/^event: /gm)?.length).toBeLessThan(owed.length);
  request.destroy();
});

test('who does not read at all is cut off, and the others are told meanwhile', async () => {
  const { url, current } = await tell({ gather: 0, heartbeat: 50 }, 500);
  for (const event of large(1)) current.note(event);
  const deaf = createConnection({ host: '127.0.0.1', port: Number(new URL(url).port) });
  await once(deaf, 'connect');
  deaf.pause();
  deaf.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  let isCut = false;
  http?.once('timeout', () => {
    isCut = true;
  });
  using stream = await followEvents(url);
  await stream.until(() => true);
  // The kernel holds some for it, too.
  for (let weight = 2; !isCut; weight += 1) {
    for (const event of large(weight)) current.note(event);
    await stream.until(({ release }) => release?.digest === `r${weight}`);
  }
  deaf.destroy();
});

test('at the end everybody is told the last', async () => {
  const { url, current, end } = await tell({ gather: 60_000 });
  using stream = await followEvents(url);
  await stream.until(() => true);
  current.note({ type: 'process', state: 'stopping', detail: '' });
  end();
  await stream.until((status) => status.process === 'stopping');
  await stream.ended;
  using late = await followEvents(url);
  expect(late.response.statusCode).toBe(503);
});
