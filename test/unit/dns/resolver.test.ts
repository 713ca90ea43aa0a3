import { expect, test } from 'vitest';
import { createResolver } from '../../../src/dns/resolver.ts';
import type { Event } from '../../../src/pipeline/event.ts';
import type { Query } from '../../../src/pipeline/query.ts';
import { manualClock } from '../../support/manual-clock.ts';

const host = (name: string): Query => ({ kind: 'host', name });

/** A resolver whose lookups the test answers. */
function open() {
  const clock = manualClock(0);
  const events: Event[] = [];
  const stop = new AbortController();
  const asked: string[] = [];
  let answers: (name: string) => Promise<readonly string[]> = async () => [];
  let changes = 0;
  const feed = createResolver(
    {
      clock,
      report: (event) => events.push(event),
      onChange: () => {
        changes += 1;
      },
      resolve: (name) => {
        asked.push(name);
        return answers(name);
      },
    },
    stop.signal,
  );
  return {
    clock,
    events,
    feed,
    asked,
    stop: () => stop.abort(),
    changes: () => changes,
    answer: (give: typeof answers) => {
      answers = give;
    },
    value: (name: string) => feed.snapshot().get(`host:${name}`)?.value,
  };
}

test('a name that is wanted is resolved, sorted, and again every 30 s', async () => {
  const { clock, feed, answer, value, changes, asked, stop } = open();
  answer(async () => ['10.0.0.2', '10.0.0.1', '10.0.0.2']);
  feed.want([host('db'), { kind: 'service', service: 'web1', datacenter: '' }]);
  await expect.poll(() => value('db')).toEqual(['10.0.0.1', '10.0.0.2']);
  expect(changes()).toBe(1);
  answer(async () => ['10.0.0.3']);
  await clock.advance(29_999);
  expect(asked).toEqual(['db']);
  await clock.advance(1);
  await expect.poll(() => value('db')).toEqual(['10.0.0.3']);
  expect(changes()).toBe(2);
  stop();
});

test('a name that resolves to the same again is no change', async () => {
  const { clock, feed, answer, asked, changes, value, stop } = open();
  answer(async () => ['10.0.0.1']);
  feed.want([host('db')]);
  await expect.poll(() => value('db')).toEqual(['10.0.0.1']);
  await clock.advance(30_000);
  await expect.poll(() => asked.length).toBe(2);
  expect(changes()).toBe(1);
  stop();
});

test('a name that resolves no more keeps its addresses, and that is said', async () => {
  const { clock, feed, answer, value, events, stop } = open();
  answer(async () => ['10.0.0.1']);
  feed.want([host('db')]);
  await expect.poll(() => value('db')).toEqual(['10.0.0.1']);
  answer(async () => {
    throw new Error('ENOTFOUND');
  });
  await clock.advance(30_000);
  await expect.poll(() => events).toMatchObject([{ type: 'queryFailed', query: 'host:db', failures: 1 }]);
  expect(value('db')).toEqual(['10.0.0.1']);
  answer(async () => ['10.0.0.1']);
  await clock.advance(2_000);
  await expect.poll(() => events.at(-1)).toMatchObject({ type: 'queryRecovered', query: 'host:db' });
  stop();
});

test('a name that never resolved has no address, and nobody waits for it any longer', async () => {
  const { feed, answer, value, changes, stop } = open();
  answer(() => Promise.reject(new Error('ENOTFOUND')));
  feed.want([host('db')]);
  await expect.poll(() => value('db')).toEqual([]);
  expect(changes()).toBe(1);
  stop();
});

test('a resolver that does not answer is not waited for longer than 10 s', async () => {
  const { clock, feed, answer, value, stop } = open();
  answer(() => new Promise(() => undefined));
  feed.want([host('db')]);
  await clock.advance(9_999);
  expect(value('db')).toBeUndefined();
  await clock.advance(1);
  await expect.poll(() => value('db')).toEqual([]);
  stop();
});

test('a name that is wanted no more is forgotten', async () => {
  const { feed, answer, value, events, stop } = open();
  answer(async () => ['10.0.0.1']);
  feed.want([host('db')]);
  await expect.poll(() => value('db')).toEqual(['10.0.0.1']);
  feed.want([]);
  expect(value('db')).toBeUndefined();
  expect(events).toEqual([{ type: 'forgotten', query: 'host:db' }]);
  stop();
});
