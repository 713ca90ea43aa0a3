import { expect, test } from 'vitest';
import { balanceWeights } from '../../../src/pipeline/weights.ts';

test('weights are divided by their greatest common divisor', () => {
  expect(balanceWeights([65_535, 65_535])).toEqual([1, 1]);
  expect(balanceWeights([4, 6])).toEqual([2, 3]);
});

test('their sum is bounded, their proportion kept', () => {
  const scaled = balanceWeights([65_535, 65_534, 13_107]);
  expect(scaled.reduce((a, b) => a + b)).toBeLessThanOrEqual(1002);
  expect((scaled[0] ?? 0) / (scaled[2] ?? 1)).toBeCloseTo(5, 1);
});

test('none falls to 0, which nginx refuses', () => {
  expect(Math.min(...balanceWeights([65_535, 1]))).toBe(1);
});

test('no weights are no trouble', () => {
  expect(balanceWeights([])).toEqual([]);
});
