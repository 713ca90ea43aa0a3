import { expect, test } from 'vitest';
import { proofServer } from '../../../src/nginx/proof.ts';

test('an output folder has places of its own, all on loopback addresses and below the ephemeral ports', () => {
  const places = ['/a', '/b'].flatMap((output) =>
    Array.from({ length: 8 }, (_, place) => proofServer('auto', output, place)),
  );
  const addresses = places.flatMap(({ listen, unavailable }) => [listen, unavailable]);
  expect(new Set(addresses).size).toBe(32);
  for (const address of addresses) {
    const [host = '', port] = address.split(':');
    expect(host).toMatch(/^127\.\d+\.\d+\.([1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-4])$/);
    expect(Number(port)).toBeLessThan(32_768);
  }
  expect(places.every(({ ask, listen }) => ask === listen)).toBe(true);
});

test.each([
  ['127.0.0.1:9466', '127.0.0.1:9466', '127.0.0.2:9466'],
  ['localhost:9466', '127.0.0.1:9466', '127.0.0.2:9466'],
  ['127.1.2.254:9466', '127.1.2.254:9466', '127.1.2.1:9466'],
])('%s is a place on this machine: it listens there alone', (setting, listen, unavailable) => {
  expect(proofServer(setting, '/a')).toEqual({ ask: listen, listen, unavailable });
});

test('another host is another container, which listens on all its addresses', () => {
  expect(proofServer('gateway:9466', '/a')).toEqual({
    ask: 'gateway:9466',
    listen: '9466',
    unavailable: '127.0.0.1:9466',
  });
});
