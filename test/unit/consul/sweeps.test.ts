import { expect, onTestFinished, test } from 'vitest';
import { TUNING } from '../../../src/consul/options.ts';
import { Post } from '../../../src/consul/post.ts';
import { Sweeps } from '../../../src/consul/sweeps.ts';
import { manualClock } from '../../support/manual-clock.ts';

/** Sweeps over posts that are read at once, and how often each was. */
function sweeping(count: number) {
  const clock = manualClock(1_000_000);
  const reads = Array.from({ length: count }, () => 0);
  const posts = reads.map((_, at) => {
    const post = new Post({ kind: 'service', service: `web${at}`, datacenter: '' }, clock);
    const call = post.call.bind(post);
    post.call = (isUrgent) => {
      const ended = call(isUrgent);
      reads[at] = (reads[at] ?? 0) + 1;
      post.readAt = clock.now();
      post.take()?.ended.resolve();
      return ended;
    };
    return post;
  });
  const sweeps = new Sweeps(() => posts, clock, TUNING);
  const stop = new AbortController();
  void sweeps.run(stop.signal);
  onTestFinished(() => stop.abort());
  return { clock, reads, posts, sweeps };
}

test('what was read before the moment is read at once, and the rest is left alone', async () => {
  const { clock, reads, posts, sweeps } = sweeping(3);
  for (const post of posts.slice(1)) post.readAt = clock.now();
  sweeps.soon(clock.now());
  await clock.advance(0);
  expect(reads).toEqual([1, 0, 0]);
});

test('all is read a while after something may have been missed, or after what was found since', async () => {
  const { clock, reads, sweeps } = sweeping(2);
  // For each of them.
  const later = 2 * TUNING.sweepLater;
  sweeps.later();
  await clock.advance(later - 1);
  expect(reads).toEqual([0, 0]);
  sweeps.soon(clock.now());
  await clock.advance(later - 1);
  expect(reads).toEqual([1, 1]);
  await clock.advance(1);
  expect(reads).toEqual([2, 2]);
  await clock.advance(60_000);
  expect(reads).toEqual([2, 2]);
});

test('blind, it reads all again and again, but for what is tried by itself', async () => {
  const { clock, reads, posts, sweeps } = sweeping(2);
  sweeps.blind(true);
  const [first] = posts;
  if (first !== undefined) first.isFailing = true;
  await clock.advance(TUNING.poll * 5);
  sweeps.blind(false);
  await clock.advance(60_000);
  expect(reads).toEqual([0, 6]);
});

test('in the long run its reads are as far apart as they shall be', async () => {
  const { clock, reads, sweeps } = sweeping(2_000);
  for (let at = 0; at < 600; at += 1) {
    sweeps.soon(clock.now() + 1);
    await clock.advance(500);
  }
  const cost = 2_000 * TUNING.sweepRead;
  const most = (300_000 + TUNING.sweepWindow) / cost + 1;
  expect(reads[0]).toBeGreaterThan(most - 3);
  expect(reads[0]).toBeLessThanOrEqual(most);
});
