import type { ConsulQuery } from '../pipeline/snapshot.ts';
import { followDatacenter, isTold, triggersEach } from './datacenter.ts';
import type { Post } from './post.ts';
import type { Shared } from './shared.ts';
import { slotsOf } from './slots.ts';
import { Turns } from './turns.ts';

/** In ms: what nothing tells of is read at most this often, all in all. */
const pollEach = 20;

/** Queries that share go on sharing until so much of the slots would do for all. */
const fewer = 0.8;

/**
 * Whether each query has a blocking request of its own, or all share what tells of changes, since they are more than
 * there are slots. All do then, not only the last ones: none is slower than another for its place in a list.
 */
export class Sharing {
  readonly #turns: Turns;
  /** The connections that stay free of all else. */
  readonly #urgent: Turns;
  readonly #shared: Shared;
  /** How many connections are used at once while all share. */
  readonly #slots: number;
  readonly #signal: AbortSignal;
  readonly #posts = new Set<Post>();
  readonly #datacenters = new Map<string, AbortController>();
  #queries: readonly ConsulQuery[] = [];
  #isOn = false;
  #held = 0;

  constructor(shared: Shared, maxConnections: number, signal: AbortSignal) {
    this.#shared = shared;
    this.#slots = slotsOf(maxConnections);
    this.#signal = signal;
    this.#turns = new Turns(this.#slots);
    this.#urgent = new Turns(maxConnections - this.#slots);
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** These are followed from now on; without them, as many as before may wait at once or not. */
  adapt(queries = this.#queries): void {
    this.#queries = queries;
    const wasOn = this.#isOn;
    const own = slotsOf(this.#shared.client.capacity());
    this.#isOn = queries.length > (wasOn ? Math.floor(own * fewer) : own);
    if (this.#isOn !== wasOn) {
      const by = this.#isOn ? 'shared' : 'own';
      this.#shared.report({ type: 'watching', by, queries: queries.length, most: own });
    }
    const told = this.#isOn ? queries.filter(isTold) : [];
    const datacenters = new Set(told.map(({ datacenter }) => datacenter));
    for (const [datacenter, stop] of this.#datacenters) if (!datacenters.has(datacenter)) stop.abort();
    for (const datacenter of datacenters) if (!this.#datacenters.has(datacenter)) this.#follow(datacenter);
    // Who waits to be called takes a slot instead.
    if (wasOn && !this.#isOn) for (const post of this.#posts) void post.call(false);
  }

  /**
   * Resolves when a request that does not wait may be made, with what is to be called after it. While each query has its
   * own, that is at once: they are fewer than may be under way.
   */
  async turn(isUrgent: boolean): Promise<() => void> {
    if (!this.#isOn) return () => undefined;
    const turns = isUrgent ? this.#urgent : this.#turns;
    await turns.take();
    return () => turns.give();
  }

  /**
   * For a blocking query of which nothing tells while the others share: resolves when it may begin, with what is to be
   * called after it. Undefined where such queries have half of what the triggers leave already: the rest is for reads.
   */
  async hold(): Promise<(() => void) | undefined> {
    const left = this.#slots - this.#datacenters.size * triggersEach;
    if (this.#held >= Math.floor(left / 2)) return undefined;
    this.#held += 1;
    await this.#turns.take();
    return () => {
      this.#held -= 1;
      this.#turns.give();
    };
  }

  /** How often a query is read that cannot wait for a change, and nothing tells of: ms. Many take turns. */
  get poll(): number {
    const untold = this.#queries.filter((query) => !isTold(query)).length;
    return Math.max(this.#shared.tuning.poll, untold * pollEach);
  }

  /**
   * One that failed is answered again: each tells two others that fail, or the last of thousands would be tried again in
   * most of a minute.
   */
  recovered(): void {
    const failing = this.#posts.values().filter(({ isFailing }) => isFailing);
    for (const post of failing.take(2)) {
      post.isFailing = false;
      void post.call(false);
    }
  }

  join(post: Post): void {
    this.#posts.add(post);
  }

  leave(post: Post): void {
    this.#posts.delete(post);
    post.take()?.ended.resolve();
  }

  #follow(datacenter: string): void {
    const stop = new AbortController();
    const connections = (this.#datacenters.size + 1) * triggersEach;
    this.#datacenters.set(datacenter, stop);
    stop.signal.addEventListener('abort', () => this.#datacenters.delete(datacenter));
    followDatacenter(
      {
        datacenter,
        posts: () => [...this.#posts].filter(({ query }) => isTold(query) && query.datacenter === datacenter),
        // Where they would take up all connections, nothing tells of changes.
        hasTriggers: connections < this.#slots,
        turns: this.#turns,
      },
      this.#shared,
      AbortSignal.any([this.#signal, stop.signal]),
    );
  }
}
