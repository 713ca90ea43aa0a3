import { isIPv4 } from 'node:net';
import { expect, test } from 'vitest';
import { instancesOf } from '../../../bench/bed/instances.ts';

test('no two instances share an address or an id, and none has one that the bench listens on', () => {
  const all = [...instancesOf('a', 0, 70_000), ...instancesOf('b', 70_000, 130_000)];
  const addresses = new Set(all.map(({ address }) => address));
  expect(addresses.size).toBe(200_000);
  expect(new Set(all.map(({ id }) => id)).size).toBe(200_000);
  expect([...addresses].every((address) => isIPv4(address) && !address.startsWith('127.0.'))).toBe(true);
});
