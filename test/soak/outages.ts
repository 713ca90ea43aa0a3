/** When something was taken away by the soak itself: what failed then is explained. Times are by `performance.now()`. */
export class Outages {
  readonly #intervals: { readonly what: string; readonly from: number; until: number }[] = [];

  /** Call what is returned when `what` is back. */
  begin(what: string, now: number): (now: number) => void {
    const interval = { what, from: now, until: Number.POSITIVE_INFINITY };
    this.#intervals.push(interval);
    return (then) => {
      interval.until = then;
    };
  }

  /** Whether it was away at any time between. */
  overlap(what: string, from: number, until: number): boolean {
    return this.#intervals.some((one) => one.what === what && one.from <= until && one.until >= from);
  }
}
