import { expect, test } from 'vitest';
import { Turns } from '../../../src/consul/turns.ts';

test('so many may go at once, and then each that ends lets the next one go, in order', async () => {
  const turns = new Turns(2);
  const gone: number[] = [];
  const going = [1, 2, 3, 4].map((one) => turns.take().then(() => gone.push(one)));
  await Promise.all(going.slice(0, 2));
  expect(gone).toEqual([1, 2]);

  turns.give();
  await going[2];
  expect(gone).toEqual([1, 2, 3]);
  turns.give();
  await going[3];
  expect(gone).toEqual([1, 2, 3, 4]);
});
