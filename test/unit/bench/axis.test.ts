import { expect, test } from 'vitest';
import { linearAxis, logAxis } from '../../../bench/report/axis.ts';

test('a linear axis begins at 0 and ends at a round figure that holds the largest', () => {
  const axis = linearAxis(115, { from: 100, to: 700 });
  expect(axis.ticks).toEqual([0, 20, 40, 60, 80, 100, 120]);
  expect([axis.at(0), axis.at(60), axis.at(120)]).toEqual([100, 400, 700]);
});

test('a linear axis holds small figures and none at all', () => {
  expect(linearAxis(0.9, { from: 0, to: 1 }).ticks.at(-1)).toBeCloseTo(1);
  expect(linearAxis(0, { from: 0, to: 1 }).at(0)).toBe(0);
});

test('a logarithmic axis goes from one power of ten to another, upwards or downwards', () => {
  const axis = logAxis(3, 2_500, { from: 400, to: 0 });
  expect(axis.ticks).toEqual([1, 10, 100, 1_000, 10_000]);
  expect([axis.at(1), axis.at(100), axis.at(10_000)]).toEqual([400, 200, 0]);
});

test('a logarithmic axis of one value has a length too', () => {
  expect(logAxis(10, 10, { from: 0, to: 10 }).ticks).toEqual([10, 100]);
});
