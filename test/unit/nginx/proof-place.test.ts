import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { isTaken, proofPlace } from '../../../src/nginx/proof-place.ts';

const never = new AbortController().signal;
const answer = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n7 0123456789abcdef';

/** What listens at the place: it breaks its first connections off, and answers each request from then on. */
async function startAt(brokenOff: number): Promise<string> {
  let connections = 0;
  const server = createServer((socket: Socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    if (connections <= brokenOff) socket.destroy();
    else socket.once('data', () => socket.end(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const bound = server.address();
  return `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
}

test('a place that somebody holds who never answers is another’s', async () => {
  const listen = await startAt(Number.POSITIVE_INFINITY);
  expect(await proofPlace(listen, '/out').settle(never)).toEqual({ held: listen });
});

test('a place where nginx starts between two looks is its own', async () => {
  const listen = await startAt(1);
  expect(await proofPlace(listen, '/out').settle(never)).toEqual({});
});

test('a port that there is none of is not taken', async () => {
  expect(await isTaken('127.0.0.1:99999', never)).toBe(false);
});
