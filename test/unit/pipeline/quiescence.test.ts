import { expect, test } from 'vitest';
import { quiescence } from '../../../src/pipeline/quiescence.ts';
import { manualClock } from '../../support/manual-clock.ts';

/** Notes when the bell lets a pass through, each taking `busy` ms. */
function listen(busy = 0, splay = 0, random = Math.random) {
  const clock = manualClock(10_000);
  const bell = quiescence({ min: 100, max: 1000, splay }, clock, random);
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

test('where the last change took no reload, a tenth of both times is waited', async () => {
  const { clock, bell, passes } = listen();
  bell.reached('push');
  for (let count = 0; count < 3; count++) {
    bell.change();
    await clock.advance(20);
  }
  expect(passes).toEqual([0, 20, 40]);
  passes.length = 0;
  for (let count = 0; count < 50; count++) {
    bell.change();
    await clock.advance(5);
  }
  expect(passes).toEqual([60, 165, 265]);
  bell.reached('reload');
  passes.length = 0;
  for (let count = 0; count < 3; count++) {
    bell.change();
    await clock.advance(20);
  }
  expect(passes).toEqual([]);
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

test('with a splay a change waits the part of it that was drawn, and what comes meanwhile joins it', async () => {
  const { clock, bell, passes } = listen(0, 4000, () => 0.5);
  bell.change();
  await clock.advance(1500);
  bell.change();
  await clock.advance(5000);
  expect(passes).toEqual([2000]);
});

test('each change that begins a wait draws anew, and in a burst the quiet time holds all the same', async () => {
  const drawn = [0.25, 0.01];
  const { clock, bell, passes } = listen(0, 4000, () => drawn.shift() ?? 0);
  bell.change();
  await clock.advance(950);
  bell.change();
  await clock.advance(90);
  bell.change();
  await clock.advance(1000);
  expect(passes).toEqual([1000, 1140]);
});

test('whoever was waited for, and whoever nudges, waits for no splay', async () => {
  const { clock, bell, passes } = listen(0, 4000, () => 0.5);
  bell.skipQuiet();
  bell.change();
  await clock.advance(10);
  bell.change();
  await clock.advance(10);
  bell.nudge();
  await clock.advance(10);
  bell.change();
  await clock.advance(10);
  bell.skipQuiet();
  await clock.advance(3000);
  expect(passes).toEqual([0, 20, 2030]);
});

test('what came during a pass that only waited goes at once, whatever splay it drew', async () => {
  const clock = manualClock(10_000);
  const bell = quiescence({ min: 100, max: 1000, splay: 4000 }, clock, () => 0.5);
  bell.change();
  bell.skipQuiet();
  expect(await bell.next(undefined, new AbortController().signal)).toBe(10_000);
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
