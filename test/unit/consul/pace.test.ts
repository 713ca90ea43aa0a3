import { expect, test } from 'vitest';
import { Pace } from '../../../src/consul/pace.ts';

test('turns that stand alone are not delayed', () => {
  const pace = new Pace(3, 100);
  for (let now = 0; now < 1000; now += 100) expect(pace.turn(now, 100)).toBe(0);
});

test('a burst goes at once, then one turn comes per interval', () => {
  const pace = new Pace(3, 100);
  expect([1, 2, 3].map(() => pace.turn(5000, 100))).toEqual([0, 0, 0]);
  expect(pace.turn(5000, 100)).toBe(100);
  expect(pace.turn(5100, 100)).toBe(100);
  expect(pace.turn(5200, 100)).toBe(100);
});

test('after some quiet the next burst goes at once again', () => {
  const pace = new Pace(3, 100);
  for (let i = 0; i < 3; i += 1) pace.turn(0, 100);
  expect([1, 2, 3].map(() => pace.turn(10_000, 100))).toEqual([0, 0, 0]);
  expect(pace.turn(10_000, 100)).toBe(100);
});

test('a clock that is set back costs one interval, not the hour', () => {
  const pace = new Pace(3, 100);
  pace.turn(3_600_000, 100);
  expect(pace.turn(0, 100)).toBeLessThanOrEqual(100);
});

test('cheaper turns come closer', () => {
  const pace = new Pace(1, 100);
  expect(pace.turn(0, 100)).toBe(0);
  expect(pace.turn(0, 25)).toBe(25);
  expect(pace.turn(25, 25)).toBe(25);
});
