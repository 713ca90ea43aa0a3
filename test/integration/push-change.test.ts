import { createServer, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { until } from '../bed/nginx-processes.ts';
import { listen, startBackend } from '../support/backend.ts';
import { canPush, type Peer, startPush } from '../support/push.ts';
import { at, attempt, bodies, releaseByWorker, times } from '../support/push-requests.ts';

test.skipIf(!canPush)('a request under way ends at a server that has left, which gets no other', async () => {
  const waiting: ServerResponse[] = [];
  const slow = createServer((_, response) => waiting.push(response));
  const port = await listen(slow);
  await using b = await startBackend('b');
  await using gateway = await startPush({
    peers: { web: at({ port }) },
    location: 'proxy_read_timeout 20s;',
  });
  const under = attempt(`${gateway.url}/push/web`);
  await until('it has the request', async () => waiting.length === 1);
  const digest = await gateway.publish({ web: at(b) });
  expect([...(await releaseByWorker(gateway, 1)).values()]).toEqual([digest]);
  expect(await bodies(gateway)).toEqual(['b']);
  waiting[0]?.end('slow');
  expect((await under).body).toBe('slow');
  expect(waiting).toHaveLength(1);
  slow.close();
  slow.closeAllConnections();
});

test.skipIf(!canPush)('a retry goes to a server that is there, not to one that left meanwhile', async () => {
  const waiting: ServerResponse[] = [];
  const failing = createServer((_, response) => waiting.push(response));
  const port = await listen(failing);
  await using leaver = await startBackend('leaver');
  await using joiner = await startBackend('joiner');
  await using gateway = await startPush({
    peers: { web: at({ port }, leaver) },
    location: 'proxy_read_timeout 20s;',
  });
  const under = attempt(`${gateway.url}/push/web`);
  await until('it has the request', async () => waiting.length === 1);
  const digest = await gateway.publish({ web: at(joiner) });
  expect([...(await releaseByWorker(gateway, 1)).values()]).toEqual([digest]);
  waiting[0]?.destroy();
  const { body, tried } = await under;
  expect([body, tried]).toEqual(['joiner', `127.0.0.1:${port}, 127.0.0.1:${joiner.port}`]);
  expect(leaver.hits).toBe(0);
  failing.close();
});

test.skipIf(!canPush)('servers that stay keep their failures and their turns through a change', async () => {
  await using a = await startBackend('a');
  await using b = await startBackend('b');
  await using c = await startBackend('c');
  const failing: Peer = { address: '127.0.0.1:2', failTimeout: 60 };
  await using gateway = await startPush({ peers: { web: [failing, ...at(a, b)] } });
  const tried = async () => (await attempt(`${gateway.url}/push/web`)).tried;
  expect(await tried()).toBe(`127.0.0.1:2, 127.0.0.1:${a.port}`);
  await gateway.publish({ web: [failing, ...at(a, b, c)] });
  await gateway.publish({ web: [{ ...failing, weight: 2 }, ...at(a, b, c)] });
  await releaseByWorker(gateway, 1);
  // The newcomer is next, then it is b's turn; and the one that failed is still aside, with another weight too.
  const next = [await tried(), await tried(), await tried(), await tried(), await tried(), await tried()];
  expect(next).not.toContainEqual(expect.stringContaining('127.0.0.1:2'));
  expect(next.slice(0, 2)).toEqual([c, b].map(({ port }) => `127.0.0.1:${port}`));
  for (const { port } of [a, b, c]) expect(next.filter((one) => one === `127.0.0.1:${port}`)).toHaveLength(2);
});

test.skipIf(!canPush)('a server with every change does not lose the turns of the others', async () => {
  const backends = await Promise.all(times(6, (index) => startBackend(`b${index}`)));
  const [joiner, ...stay] = backends;
  if (joiner === undefined) throw new Error('no backend');
  await using gateway = await startPush({ peers: { web: at(...stay) } });
  for (let turn = 0; turn < 50; turn += 1) {
    await gateway.publish({ web: turn % 2 === 0 ? at(joiner, ...stay) : at(...stay) });
    await releaseByWorker(gateway, 1);
    await attempt(`${gateway.url}/push/web`);
  }
  const hits = stay.map((backend) => backend.hits);
  expect(Math.max(...hits) - Math.min(...hits)).toBeLessThan(5);
  for (const backend of backends) await backend[Symbol.asyncDispose]();
});

test.skipIf(!canPush)('a newcomer has the next turn, whatever its weight, and then its share', async () => {
  await using heavy = await startBackend('heavy');
  await using leaver = await startBackend('leaver');
  await using joiner = await startBackend('joiner');
  const beside = (light: { port: number }) =>
    at(heavy, light).map((peer, index) => ({ ...peer, weight: index === 0 ? 9 : 1 }));
  await using gateway = await startPush({ peers: { web: beside(leaver) } });
  await bodies(gateway, 7);
  await gateway.publish({ web: beside(joiner) });
  await releaseByWorker(gateway, 1);
  expect(await bodies(gateway, 1)).toEqual(['joiner']);
  await bodies(gateway, 40);
  expect(joiner.hits).toBe(1 + 4);
});
