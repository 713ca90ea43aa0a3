import type { Feed } from './ports.ts';
import { distinct, type Query } from './query.ts';

/** Gives out feeds that all follow by one: it is asked for whatever any of them wants. */
export function shareFeed(feed: Feed): () => Feed {
  const wanted = new Map<Feed, readonly Query[]>();
  return () => {
    const own: Feed = {
      want(queries, before) {
        wanted.set(own, queries);
        const all = wanted.size === 1 ? queries : distinct([...wanted.values()].flat());
        feed.want(all, before);
      },
      snapshot: () => feed.snapshot(),
    };
    return own;
  };
}
