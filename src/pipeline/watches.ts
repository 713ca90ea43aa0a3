import { type Query, type QueryKey, queryKey } from './query.ts';

/** One watch for each query that is wanted; those that are wanted no more are aborted and forgotten. */
export class Watches<Asked extends Query> {
  readonly #running = new Map<QueryKey, AbortController>();
  readonly #start: (query: Asked, signal: AbortSignal) => Promise<void>;
  readonly #forget: (key: QueryKey) => void;
  readonly #signal: AbortSignal;

  /** Each watch runs until its own signal aborts, or `signal` does; it never rejects. */
  constructor(
    start: (query: Asked, signal: AbortSignal) => Promise<void>,
    forget: (key: QueryKey) => void,
    signal: AbortSignal,
  ) {
    this.#start = start;
    this.#forget = forget;
    this.#signal = signal;
  }

  want(queries: readonly Asked[]): void {
    const wanted = new Map(queries.map((query) => [queryKey(query), query]));
    for (const [key, watch] of this.#running) {
      if (wanted.has(key)) continue;
      watch.abort();
      this.#running.delete(key);
      this.#forget(key);
    }
    for (const [key, query] of wanted) {
      if (this.#running.has(key)) continue;
      const stop = new AbortController();
      this.#running.set(key, stop);
      // It rejects only where a listener throws: a fault that had better be loud.
      void this.#start(query, AbortSignal.any([this.#signal, stop.signal]));
    }
  }
}
