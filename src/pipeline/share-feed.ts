import type { Feed } from './ports.ts';
import { distinct, type Query } from './query.ts';
import type { Indexes } from './snapshot.ts';

/** Gives out feeds that all follow by one: it is asked for whatever any of them wants. */
export function shareFeed(feed: Feed): () => Feed {
  const wanted = new Map<Feed, readonly Query[]>();
  /** Each knows of what it alone asked for, too. */
  let recalled: Indexes = {};
  return () => {
    const own: Feed = {
      want(queries, before) {
        recalled = { ...recalled, ...before };
        wanted.set(own, queries);
        const all = wanted.size === 1 ? queries : distinct([...wanted.values()].flat());
        feed.want(all, recalled);
      },
      snapshot: () => feed.snapshot(),
    };
    return own;
  };
}
