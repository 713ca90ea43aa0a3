import type { LogLine } from '../support/upsync.ts';

/** How long upsync has to be silent before it is taken to rest, in ms. */
const silence = 200;
/** It rests, whatever it said last, after this long without a word: what lasts is said once a minute. */
const longSilence = 2_000;

const ends = new Set(['published', 'unchanged', 'held', 'rejected', 'rolledBack', 'failed']);
const begins = new Set(['started', 'reconfigured', 'answered', 'progress', 'superseded', 'waiting']);

/**
 * Follows upsync's log to know when it has nothing more to do. It decides when the checker looks, and never what is
 * right.
 */
export class Rest {
  readonly #lines: readonly LogLine[];
  readonly #failing = new Set<unknown>();
  #seen = 0;
  #busy = true;

  constructor(lines: readonly LogLine[]) {
    this.#lines = lines;
  }

  isAtRest(now = Date.now()): boolean {
    for (const line of this.#lines.slice(this.#seen)) this.#take(line);
    this.#seen = this.#lines.length;
    const last = this.#lines.at(-1);
    const quietFor = last === undefined ? 0 : now - Date.parse(String(last.time));
    if (quietFor >= longSilence) return true;
    return !this.#busy && this.#failing.size === 0 && quietFor >= silence;
  }

  #take(line: LogLine): void {
    if (ends.has(line.event)) this.#busy = false;
    if (begins.has(line.event)) this.#busy = true;
    if (line.event === 'queryFailed') this.#failing.add(line.query);
    if (line.event === 'queryRecovered') this.#failing.delete(line.query);
  }
}
