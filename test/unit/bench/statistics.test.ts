import { expect, test } from 'vitest';
import { median, quantile, summarise } from '../../../bench/report/statistics.ts';

test('a median lies in the middle, between two values if need be, whatever their order', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
});

test('a quantile lies between the nearest ranks, as far as its share says', () => {
  const values = Array.from({ length: 101 }, (_, at) => at);
  expect(quantile(values, 0)).toBe(0);
  expect(quantile(values, 0.99)).toBe(99);
  expect(quantile([10, 20], 0.25)).toBe(12.5);
  expect(quantile(values, 1)).toBe(100);
});

test('runs are summed up by all their values, and by how far their medians lie apart', () => {
  expect(summarise([[1, 2, 30], [4, 5, 6], []])).toEqual({
    count: 6,
    median: 4.5,
    spread: [2, 5],
    p99: undefined,
    most: 30,
  });
});

test('a 99th percentile takes a hundred values', () => {
  const values = Array.from({ length: 100 }, (_, at) => at + 1);
  expect(summarise([values.slice(1)])?.p99).toBeUndefined();
  expect(summarise([values])?.p99).toBeCloseTo(99.01);
});

test('of no value there is no summary', () => {
  expect(summarise([])).toBeUndefined();
  expect(summarise([[], []])).toBeUndefined();
});
