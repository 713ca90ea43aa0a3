import { backoff } from '../pipeline/backoff.ts';
import type { Report } from '../pipeline/event.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { QueryKey } from '../pipeline/query.ts';
import type { Tuning } from './options.ts';

interface Context {
  readonly clock: Clock;
  readonly report: Report;
  readonly tuning: Pick<Tuning, 'backoffBase' | 'backoffCap' | 'random'>;
}

/** Counts the failures in a row of one query, and reports their begin, each of them, and their end. */
export class Failures {
  readonly #query: QueryKey;
  readonly #context: Context;
  #count = 0;
  #since = 0;

  constructor(query: QueryKey, context: Context) {
    this.#query = query;
    this.#context = context;
  }

  /** Returns how long to wait before the next try, in ms. */
  add(problem: Problem): number {
    const { clock, report, tuning } = this.#context;
    if (this.#count === 0) this.#since = clock.now();
    this.#count += 1;
    const retryIn = backoff(this.#count, tuning.backoffBase, tuning.backoffCap, tuning.random);
    report({
      type: 'queryFailed',
      query: this.#query,
      problem,
      failures: this.#count,
      since: this.#since,
      retryIn,
    });
    return retryIn;
  }

  end(): void {
    if (this.#count === 0) return;
    this.#count = 0;
    const { clock, report } = this.#context;
    report({ type: 'queryRecovered', query: this.#query, after: clock.now() - this.#since });
  }
}
