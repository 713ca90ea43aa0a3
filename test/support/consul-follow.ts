import { setTimeout as sleep, setImmediate as yieldToIo } from 'node:timers/promises';
import { createFeed } from '../../src/consul/feed.ts';
import { type ConsulOptions, TUNING, type Tuning } from '../../src/consul/options.ts';
import type { Event } from '../../src/pipeline/event.ts';
import type { Clock, Feed } from '../../src/pipeline/ports.ts';
import type { Query } from '../../src/pipeline/query.ts';
import { isRegistered, type Registered, type Registration } from '../../src/pipeline/snapshot.ts';

export const realClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};

/** Time that passes only where somebody sleeps, and then at once. */
export function leapingClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    async sleep(ms, signal) {
      if (!signal.aborted) now += ms;
      await yieldToIo();
    },
  };
}

/** A feed under test, and all that it said. */
export interface Followed extends Disposable {
  readonly feed: Feed;
  readonly events: readonly Event[];
  /** How often `onChange` was called. */
  readonly changes: number;
  /** What is held for a query; undefined before its first answer. */
  value(key: string): readonly Registration[] | undefined;
  /** Looks after each event and change until `find` finds something; rejects after 20 s. */
  until<T>(find: () => T | undefined | false): Promise<T>;
  /** The next event of this type from now on. */
  next<T extends Event['type']>(type: T): Promise<Extract<Event, { type: T }>>;
  stop(): void;
}

export function web(service: string): Query {
  return { kind: 'service', service, datacenter: '' };
}

export function follow(
  address: string,
  queries: readonly Query[],
  { token, ...options }: Partial<Omit<ConsulOptions, 'token'>> & { readonly token?: string } = {},
  tuning: Partial<Tuning> = {},
  clock: Clock = realClock,
): Followed {
  const stop = new AbortController();
  const events: Event[] = [];
  const waiting = new Set<() => void>();
  let changes = 0;
  const look = () => {
    for (const check of waiting) check();
  };
  const feed = createFeed(
    {
      address,
      token: async () => token,
      datacenter: '',
      stale: true,
      block: 60_000,
      timeout: 3_000,
      maxStale: 60_000,
      maxConnections: 100,
      tls: { ca: '', cert: '', key: '', serverName: '', verify: true },
      ...options,
    },
    {
      clock,
      report(event) {
        events.push(event);
        look();
      },
      onChange() {
        changes += 1;
        look();
      },
    },
    stop.signal,
    { ...TUNING, backoffBase: 20, backoffCap: 100, ...tuning },
  );
  const until = <T>(find: () => T | undefined | false) =>
    new Promise<T>((resolve, reject) => {
      const settle = (end: () => void) => {
        clearTimeout(timer);
        waiting.delete(check);
        end();
      };
      const timer = setTimeout(() => {
        settle(() => reject(new Error(`not within 20 s; last events: ${JSON.stringify(events.slice(-5))}`)));
      }, 20_000);
      const check = () => {
        const found = find();
        if (found !== undefined && found !== false) settle(() => resolve(found));
      };
      waiting.add(check);
      check();
    });
  feed.want(queries);
  return {
    feed,
    events,
    get changes() {
      return changes;
    },
    value: (key) => held(feed, key)?.value,
    until,
    next(type) {
      const from = events.length;
      return until(() => events.slice(from).find((event) => isOf(event, type)));
    },
    stop: () => stop.abort(),
    [Symbol.dispose]: () => stop.abort(),
  };
}

/** What is held for a query whose answer is registrations. */
export function held(feed: Feed, key: string): Registered | undefined {
  const answer = feed.snapshot().get(key);
  return isRegistered(answer) ? answer : undefined;
}

function isOf<T extends Event['type']>(event: Event, type: T): event is Extract<Event, { type: T }> {
  return event.type === type;
}
