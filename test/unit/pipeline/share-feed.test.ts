import { expect, test } from 'vitest';
import type { Feed } from '../../../src/pipeline/ports.ts';
import { type Query, queryKey } from '../../../src/pipeline/query.ts';
import { shareFeed } from '../../../src/pipeline/share-feed.ts';

const host = (name: string): Query => ({ kind: 'host', name });

function shared() {
  let wanted: readonly string[] = [];
  const feed: Feed = {
    want: (queries) => {
      wanted = queries.map(queryKey);
    },
    snapshot: () => new Map(),
  };
  return { feeds: shareFeed(feed), wanted: () => wanted };
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
