import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { freePorts } from '../bed/consul-ports.ts';
import { until } from '../bed/nginx-processes.ts';
import { listen, startBackend } from '../support/backend.ts';
import { canPush, type Peer, startPush } from '../support/push.ts';
import { attempt, both, times } from '../support/push-requests.ts';

const refusing = (port: number, more: Partial<Peer> = {}): Peer => ({
  address: `127.0.0.1:${port}`,
  failTimeout: 60,
  ...more,
});

/** A server that answers as `answer` says: by default it takes each request and never answers. */
async function startServer(answer: (path: string) => number | undefined = () => undefined) {
  let hits = 0;
  const server = createServer((request, response) => {
    hits += 1;
    const status = answer(request.url ?? '');
    if (status !== undefined) response.writeHead(status).end();
  });
  const port = await listen(server);
  return {
    port,
    address: `127.0.0.1:${port}`,
    get hits() {
      return hits;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * Where there is none left to try, nginx names the upstream as a whole; by the balancer in Lua it goes by the name of
 * the server before.
 */
const servers = (seen: readonly string[]) =>
  seen.map((tried) => tried.replace(/(, )?native_web /, ' ').replace(/(127\.0\.0\.1:\d+), \1/, '$1'));

test.skipIf(!canPush).each([
  ['GET', 'as it is', ''],
  ['GET', 'with two tries', 'proxy_next_upstream_tries 2;'],
  ['GET', 'never', 'proxy_next_upstream off;'],
  ['GET', 'on 503 too', 'proxy_next_upstream error timeout http_503;'],
  ['GET', 'on 404 too', 'proxy_next_upstream error timeout http_404;'],
  ['POST', 'as it is', ''],
  ['POST', 'of any method', 'proxy_next_upstream error timeout non_idempotent;'],
])('%s is retried as nginx does it: %s', async (method, _, location) => {
  await using hanging = await startServer();
  await using failing = await startServer(() => 503);
  await using missing = await startServer(() => 404);
  await using good = await startBackend('good');
  const peers: Peer[] = [
    { address: hanging.address, maxFails: 2, failTimeout: 60 },
    refusing(2),
    { address: failing.address, maxFails: 2, failTimeout: 60 },
    { address: missing.address, failTimeout: 60 },
    { address: `127.0.0.1:${good.port}`, failTimeout: 60 },
    refusing(3, { maxFails: 0 }),
  ];
  const timeout = 'proxy_read_timeout 100ms;';
  await using gateway = await startPush({ peers: { web: peers }, location: `${location} ${timeout}` });
  const { push, native } = await both(
    gateway,
    'web',
    times(40, () => ({ method })),
  );
  expect(push).toEqual(native);
});

test.skipIf(!canPush)(
  'where all refuse, the answer is 502, and nobody is tried once all are aside',
  async () => {
    await using gateway = await startPush({ peers: { web: [refusing(2), refusing(3, { maxFails: 2 })] } });
    const { push, native } = await both(
      gateway,
      'web',
      times(6, () => ({})),
    );
    expect(servers(push)).toEqual(servers(native));
    expect(native.at(-1)).toBe('native_web 502');
  },
);

test.skipIf(!canPush)('a server that is the only one is tried each time', async () => {
  await using gateway = await startPush({ peers: { web: [refusing(2)] } });
  const { push, native } = await both(
    gateway,
    'web',
    times(4, () => ({})),
  );
  expect(push).toEqual(native);
  expect(new Set(push)).toEqual(new Set(['127.0.0.1:2 502']));
});

test.skipIf(!canPush)('servers that are down alone answer 502', async () => {
  await using gateway = await startPush({
    peers: { web: [refusing(2, { state: 'down' }), refusing(3, { state: 'down' })] },
  });
  const { push, native } = await both(
    gateway,
    'web',
    times(2, () => ({})),
  );
  expect(servers(push)).toEqual(servers(native));
});

test.skipIf(!canPush)('backups serve once no other is left', async () => {
  await using a = await startBackend('a');
  await using b = await startBackend('b');
  const backup = (port: number): Peer => ({ address: `127.0.0.1:${port}`, state: 'backup' });
  const peers = [refusing(2, { maxFails: 2 }), backup(a.port), refusing(3), backup(b.port)];
  await using gateway = await startPush({ peers: { web: peers } });
  const { push, native } = await both(
    gateway,
    'web',
    times(12, () => ({})),
  );
  expect(push).toEqual(native);
  expect(push.slice(-4).every((tried) => tried.endsWith('200') && !tried.includes(','))).toBe(true);
});

test.skipIf(!canPush).each([true, false])(
  'a server that came back is tried after fail_timeout, and has its share again (told how requests end: %s)',
  async (finish) => {
    const [port = 0] = await freePorts('127.0.0.1', 1);
    await using good = await startBackend('good');
    const peers = [refusing(port, { failTimeout: 1 }), { address: `127.0.0.1:${good.port}` }];
    await using gateway = await startPush({ peers: { web: peers }, finish });
    const share = async (kind: string) => {
      const replies = [];
      for (const _ of times(10, () => 0)) replies.push(await attempt(`${gateway.url}/${kind}/web`));
      expect(replies.every(({ status }) => status === 200)).toBe(true);
      return replies.filter(({ body }) => body === 'back').length;
    };
    for (const kind of ['native', 'push']) expect(await share(kind)).toBe(0);
    await using _ = await startBackend('back', '127.0.0.1', { port });
    for (const kind of ['native', 'push'])
      await until(`${kind} shares again`, async () => (await share(kind)) === 5);
  },
);

test.skipIf(!canPush)('while a trial hangs, nobody else is sent there but the next trial', async () => {
  const look = async (kind: string) => {
    let hits = 0;
    const hanging = createServer(({ socket }) => {
      hits += 1;
      if (hits === 1) socket.destroy();
    });
    const port = await listen(hanging);
    await using good = await startBackend('good');
    const peers = [port, good.port].map((each) => ({ address: `127.0.0.1:${each}`, failTimeout: 2 }));
    await using gateway = await startPush({ peers: { web: peers }, location: 'proxy_read_timeout 60s;' });
    const url = `${gateway.url}/${kind}/web`;
    expect((await attempt(url)).tried).toBe(`127.0.0.1:${port}, 127.0.0.1:${good.port}`);
    const asked: Promise<unknown>[] = [];
    for (const trial of [2, 3]) {
      const trying = once(hanging, 'request');
      await until(`trial ${trial} begins`, async () => {
        const one = attempt(url).catch(() => undefined);
        asked.push(one);
        await Promise.race([one, trying]);
        return hits === trial;
      });
      const others = await Promise.all(times(20, () => attempt(url)));
      const amiss = others.filter(({ body, tried }) => body !== 'good' || tried.includes(','));
      expect(amiss, `${kind}, trial ${trial}`).toEqual([]);
      expect(hits, kind).toBe(trial);
    }
    // What still hangs ends with nginx.
    await gateway.stop();
    await Promise.all(asked);
    hanging.close();
    hanging.closeAllConnections();
  };
  await Promise.all(['native', 'push'].map(look));
});

test.skipIf(!canPush).each([
  ['1.1', 1],
  ['1.0', 10],
])('connections are kept for the next request as HTTP/%s has it', async (version, expected) => {
  let connections = 0;
  const server = createServer((_, response) => response.end('good'));
  server.on('connection', () => {
    connections += 1;
  });
  const port = await listen(server);
  const peers: Peer[] = [{ address: `127.0.0.1:${port}` }, refusing(2, { state: 'down' })];
  const location = `proxy_http_version ${version};`;
  await using gateway = await startPush({ peers: { web: peers }, upstream: 'keepalive 4;', location });
  for (const _ of times(10, () => 0)) expect((await attempt(`${gateway.url}/push/web`)).body).toBe('good');
  expect(connections).toBe(expected);
  server.close();
  server.closeAllConnections();
});

test.skipIf(!canPush)(
  'what a request tried says nothing of the next, though nobody tells that it ended',
  async () => {
    await using good = await startBackend('good');
    const never = { maxFails: 0 };
    const peers = [
      refusing(2, never),
      refusing(3, never),
      { address: `127.0.0.1:${good.port}` },
      refusing(4, never),
    ];
    await using gateway = await startPush({ peers: { web: peers }, finish: false });
    const { push, native } = await both(
      gateway,
      'web',
      times(20, () => ({})),
    );
    expect(push).toEqual(native);
  },
);
