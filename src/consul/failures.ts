import { backoff } from '../pipeline/backoff.ts';
import type { Report } from '../pipeline/event.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { QueryKey } from '../pipeline/query.ts';
import type { Tuning } from './options.ts';

/** Back-offs last up to this many ms for each that fails now: 2,000 of them make some 100 requests a second. */
const each = 20;

interface Context {
  /** All that fail now. */
  readonly failing: Set<Failures>;
  readonly clock: Clock;
  readonly report: Report;
  readonly tuning: Pick<Tuning, 'backoffBase' | 'backoffCap' | 'random'>;
}

/** Counts the failures in a row of one query, and reports their begin, each of them, and their end. */
export class Failures {
  readonly #query: QueryKey;
  readonly #context: Context;
  readonly #meanwhile: string | undefined;
  #count = 0;
  #isTold = false;
  #since = 0;

  /** `meanwhile`: what happens while it fails, if not nothing. */
  constructor(query: QueryKey, context: Context, meanwhile?: string) {
    this.#query = query;
    this.#context = context;
    this.#meanwhile = meanwhile;
  }

  /** Returns how long to wait before the next try, in ms. */
  add(problem: Problem): number {
    const { clock, report, tuning, failing } = this.#context;
    failing.add(this);
    const cap = Math.max(tuning.backoffCap, failing.size * each);
    if (this.#count === 0) this.#since = clock.now();
    this.#count += 1;
    this.#isTold = true;
    const retryIn = backoff(this.#count, tuning.backoffBase, cap, tuning.random);
    report({
      type: 'queryFailed',
      query: this.#query,
      problem,
      failures: this.#count,
      since: this.#since,
      retryIn,
      ...(this.#meanwhile === undefined ? {} : { meanwhile: this.#meanwhile }),
    });
    return retryIn;
  }

  /** Whether it had failed. */
  end(): boolean {
    if (this.#count === 0) return false;
    this.stop();
    this.#count = 0;
    const { clock, report } = this.#context;
    report({ type: 'queryRecovered', query: this.#query, after: clock.now() - this.#since });
    return true;
  }

  /** It is not tried any more. */
  stop(): void {
    this.#context.failing.delete(this);
  }

  /** Nor wants anybody to know of it. */
  forget(): void {
    this.stop();
    if (this.#isTold) this.#context.report({ type: 'forgotten', query: this.#query });
  }
}
