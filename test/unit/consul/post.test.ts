import { expect, test } from 'vitest';
import { Post } from '../../../src/consul/post.ts';
import { manualClock } from '../../support/manual-clock.ts';

const web1 = { kind: 'service', service: 'web1', datacenter: '' } as const;
const { signal } = new AbortController();

test('a call ends the wait, and resolves when the read that follows has ended', async () => {
  const post = new Post(web1, manualClock());
  const waiting = post.wait(60_000, signal);
  const called = post.call(false);
  await waiting;
  post.take()?.ended.resolve();
  await called;
});

test('calls before a read are one, as urgent as the most urgent of them', async () => {
  const post = new Post(web1, manualClock());
  const called = [post.call(false), post.call(true), post.call(false)];
  expect(post.isUrgent).toBe(true);
  post.take()?.ended.resolve();
  await Promise.all(called);
  expect([post.isUrgent, post.take()]).toEqual([false, undefined]);
});

test('a call during a read is for the next one, which is not waited for', async () => {
  const post = new Post(web1, manualClock());
  const first = post.call(false);
  const call = post.take();
  let isOver = false;
  const second = post.call(false).then(() => {
    isOver = true;
  });
  call?.ended.resolve();
  await first;
  await post.wait(60_000, signal);
  expect(isOver).toBe(false);
  post.take()?.ended.resolve();
  await second;
});

test('nobody waits longer than was said', async () => {
  const clock = manualClock();
  const waiting = new Post(web1, clock).wait(60_000, signal);
  await clock.advance(60_000);
  await waiting;
});
