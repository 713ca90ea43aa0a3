import { expect, test } from 'vitest';
import { runningTime } from '../../../src/nginx/running-time.ts';
import { manualClock } from '../../support/manual-clock.ts';

test('it is over when the turns of the loop have taken as long', async () => {
  const clock = manualClock();
  const time = runningTime(3_000, clock);
  for (const _ of [1, 2]) {
    await clock.advance(1_000);
    expect(time.isOver()).toBe(false);
  }
  await clock.advance(1_000);
  expect(time.isOver()).toBe(true);
});

test('an hour in which nothing ran counts as one long turn', async () => {
  const clock = manualClock();
  const time = runningTime(5_000, clock);
  await clock.advance(3_600_000);
  expect(time.isOver()).toBe(false);
  await clock.advance(2_000);
  expect(time.isOver()).toBe(false);
  await clock.advance(1_000);
  expect(time.isOver()).toBe(true);
});

test('of a short time it leaves enough to look again', async () => {
  const clock = manualClock();
  const time = runningTime(1_000, clock);
  await clock.advance(3_600_000);
  expect(time.isOver()).toBe(false);
  await clock.advance(500);
  expect(time.isOver()).toBe(true);
});

test('no time at all is over at once', () => {
  expect(runningTime(0, manualClock()).isOver()).toBe(true);
});
