import { expect, test } from 'vitest';
import { quiescence } from '../../../src/pipeline/quiescence.ts';
import { manualClock } from '../../support/manual-clock.ts';

/** Notes when the bell lets a pass through, each taking `busy` ms. */
function listen(busy = 0) {
  const clock = manualClock(10_000);
  const bell = quiescence({ min: 100, max: 1000 }, clock);
  const stop = new AbortController();
  const passes: number[] = [];
  const listening = (async () => {
    for (;;) {
      await bell.next(undefined, stop.signal);
      if (stop.signal.aborted) return;
      passes.push(clock.now() - 10_000);
      await clock.sleep(busy, stop.signal);
    }
  })();
  return { clock, bell, passes, stop, listening };
}

test('a change that comes alone goes at once', async () => {
  const { clock, bell, passes } = listen();
  bell.change();
  await clock.advance(0);
  await clock.advance(500);
  bell.change();
  await clock.advance(500);
  expect(passes).toEqual([0, 500]);
});

test('a burst goes once at its beginning and once after its quiet time', async () => {
  const { clock, bell, passes } = listen();
  for (let count = 0; count < 10; count++) {
    bell.change();
    await clock.advance(20);
  }
  await clock.advance(1000);
  expect(passes).toEqual([0, 280]);
});

test('a burst that never ends goes every max', async () => {
  const { clock, bell, passes } = listen();
  for (let count = 0; count < 150; count++) {
    bell.change();
    await clock.advance(20);
  }
  expect(passes).toEqual([0, 1020, 2020]);
});

test('50 changes 20 ms apart make at most three passes, though each takes 110 ms', async () => {
  const { clock, bell, passes } = listen(110);
  for (let count = 0; count < 50; count++) {
    bell.change();
    await clock.advance(20);
  }
  await clock.advance(1000);
  expect(passes.length).toBeLessThanOrEqual(3);
});

test('what comes during a pass is seen by the next', async () => {
  const { clock, bell, passes } = listen(110);
  bell.change();
  await clock.advance(50);
  bell.change();
  await clock.advance(1000);
  expect(passes).toEqual([0, 150]);
});

test('a nudge goes at once, in a burst too', async () => {
  const { clock, bell, passes } = listen();
  bell.change();
  await clock.advance(10);
  bell.change();
  await clock.advance(10);
  bell.nudge();
  await clock.advance(0);
  expect(passes).toEqual([0, 20]);
});

test('whoever was waited for needs no quiet time', async () => {
  const { clock, bell, passes } = listen();
  bell.change();
  await clock.advance(10);
  bell.skipQuiet();
  bell.change();
  await clock.advance(0);
  expect(passes).toEqual([0, 10]);
});

test('it wakes at the time that was asked for, and gives the time of the first change', async () => {
  const clock = manualClock();
  const bell = quiescence({ min: 100, max: 1000 }, clock);
  const never = new AbortController().signal;
  const waking = bell.next(250, never);
  await clock.advance(250);
  expect(await waking).toBeUndefined();
  bell.change();
  await clock.advance(50);
  expect(await bell.next(undefined, never)).toBe(250);
});

test('it ends at once when it is stopped', async () => {
  const { stop, listening } = listen();
  stop.abort();
  await expect(listening).resolves.toBeUndefined();
});
