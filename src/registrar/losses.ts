import { backoff } from '../pipeline/backoff.ts';
import type { Clock } from '../pipeline/ports.ts';
import { type Problem, problemOf } from '../pipeline/problem.ts';
import type { RegistrarReport, Side } from './event.ts';

/** The longest back-off after a first failure, which doubles with each one, and its cap; in ms. */
const base = 250;
const cap = 4_000;

export interface LossContext {
  readonly clock: Clock;
  readonly report: RegistrarReport;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
}

/** Counts the failures in a row of one side, and reports their begin, each of them, and their end. */
export class Losses {
  readonly #side: Side;
  readonly #context: LossContext;
  #count = 0;
  #since = 0;

  constructor(side: Side, context: LossContext) {
    this.#side = side;
    this.#context = context;
  }

  /** Returns how long to wait before the next try, in ms. */
  add(thrown: unknown): number {
    const { clock, report, random } = this.#context;
    if (this.#count === 0) this.#since = clock.now();
    this.#count += 1;
    const problem: Problem = problemOf(thrown);
    const retryIn = backoff(this.#count, base, cap, random);
    report({ type: 'lost', side: this.#side, problem, failures: this.#count, since: this.#since, retryIn });
    return retryIn;
  }

  end(): void {
    if (this.#count === 0) return;
    this.#count = 0;
    const { clock, report } = this.#context;
    report({ type: 'found', side: this.#side, after: clock.now() - this.#since });
  }
}
