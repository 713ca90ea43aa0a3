import { expect, test } from 'vitest';
import { Slots } from '../../../src/consul/slots.ts';

test.each([
  [100, 90],
  [10, 9],
  [2, 1],
  [1, 0],
])('of %i connections %i may wait for changes', (connections, blocking) => {
  const slots = new Slots(() => connections);
  for (let i = 0; i < blocking; i += 1) expect(slots.take()).toBe(true);
  expect(slots.take()).toBe(false);
});

test('a slot that is given back can be taken again', () => {
  const slots = new Slots(() => 2);
  slots.take();
  slots.give();
  expect(slots.take()).toBe(true);
});
