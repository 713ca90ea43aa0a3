import type { Outages } from './outages.ts';
import type { Periods } from './periods.ts';
import type { Service } from './services.ts';
import { type Answer, answerInWords } from './verdict.ts';

/** Something that must not be, and when (by `performance.now()`). */
export interface Fault {
  readonly at: number;
  readonly what: string;
}

/** Counts what became of the load's requests, and judges each by what was right while it was under way. */
export class Tally {
  readonly #periods: Periods;
  readonly #outages: Outages;
  sent = 0;
  retried = 0;
  answered = 0;
  /** Answered 503, rightly. */
  unavailable = 0;
  /** Failed on a backend that the soak had crashed, or while it had nginx stopped. */
  explained = 0;
  readonly wrong: Fault[] = [];
  readonly lost: Fault[] = [];

  constructor(periods: Periods, outages: Outages) {
    this.#periods = periods;
    this.#outages = outages;
  }

  count(service: Service, sentAt: number, endedAt: number, answer: Answer): void {
    const right = this.#periods.rightBetween(service, sentAt, endedAt);
    const fault = { at: endedAt, what: `${service}: ${answerInWords(answer)}` };
    switch (answer.kind) {
      case 'answered':
        if (right.may.has(answer.by)) this.answered += 1;
        else this.wrong.push(fault);
        return;
      case 'unavailable':
        if (right.unavailable) this.unavailable += 1;
        else this.lost.push(fault);
        return;
      case 'failed':
        if (this.#isExplained(sentAt, endedAt, answer.tried)) this.explained += 1;
        else this.lost.push(fault);
    }
  }

  #isExplained(sentAt: number, endedAt: number, tried: string): boolean {
    const addresses = tried.split(/,\s*|\s+:\s+/);
    return ['nginx', ...addresses].some((what) => this.#outages.overlap(what, sentAt, endedAt));
  }
}
