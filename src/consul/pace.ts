/**
 * Spaces the requests of one query: `burst` of them go at once, then one per `interval` ms, so in any
 * t ms there are at most `burst + t / interval`. A change that stands alone is not delayed, while an
 * endpoint that answers at once, whatever its index, cannot make the loop spin. (A token bucket,
 * written as GCRA: `due` is when the bucket will be full again.)
 *
 * A turn may cost less than an interval: what follows an answer that did change something is wanted
 * soon, and its spacing must stay well below the quiet time that ends a burst of changes.
 */
export class Pace {
  readonly #window: number;
  #due = 0;

  constructor(burst: number, interval: number) {
    this.#window = burst * interval;
  }

  /** Takes the next turn, and says how many ms from `now` it comes: at most `cost`, even if the clock was set back. */
  turn(now: number, cost: number): number {
    const full = now + this.#window;
    const due = Math.min(Math.max(this.#due, now), full);
    this.#due = due + cost;
    return Math.max(0, this.#due - full);
  }
}
