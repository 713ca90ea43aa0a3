import { expect, test } from 'vitest';
import { backoff } from '../../../src/pipeline/backoff.ts';

test.each([
  [1, 100],
  [2, 200],
  [3, 400],
  [8, 1000],
  [5000, 1000],
])('after %i failures it lasts less than %i ms', (failures, most) => {
  expect(backoff(failures, 100, 1000, () => 0)).toBe(0);
  expect(backoff(failures, 100, 1000, () => 0.5)).toBe(most / 2);
  expect(backoff(failures, 100, 1000, () => 1 - Number.EPSILON)).toBe(most - 1);
});
