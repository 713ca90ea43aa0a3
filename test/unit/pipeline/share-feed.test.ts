import { expect, test } from 'vitest';
import type { Feed } from '../../../src/pipeline/ports.ts';
import { type Query, queryKey } from '../../../src/pipeline/query.ts';
import { shareFeed } from '../../../src/pipeline/share-feed.ts';
import type { Indexes } from '../../../src/pipeline/snapshot.ts';

const host = (name: string): Query => ({ kind: 'host', name });

function shared() {
  let wanted: readonly string[] = [];
  let recalled: Indexes | undefined;
  const feed: Feed = {
    want: (queries, before) => {
      wanted = queries.map(queryKey);
      recalled = before;
    },
    snapshot: () => new Map(),
  };
  return { feeds: shareFeed(feed), wanted: () => wanted, recalled: () => recalled };
}

test('what one wants no more goes on to be followed while another wants it', () => {
  const { feeds, wanted } = shared();
  const [one, two] = [feeds(), feeds()];
  one.want([host('a'), host('b')]);
  two.want([host('b'), host('c')]);
  expect(wanted()).toEqual(['host:a', 'host:b', 'host:c']);
  one.want([host('a')]);
  expect(wanted().toSorted()).toEqual(['host:a', 'host:b', 'host:c']);
  two.want([]);
  expect(wanted()).toEqual(['host:a']);
});

test('what one recalls is added to what others recall', () => {
  const { feeds, recalled } = shared();
  const [one, two] = [feeds(), feeds()];
  one.want([host('a')], { a: '1' });
  two.want([host('b')], { b: '2' });
  expect(recalled()).toEqual({ a: '1', b: '2' });
  one.want([host('a'), host('c')]);
  expect(recalled()).toEqual({ a: '1', b: '2' });
});
