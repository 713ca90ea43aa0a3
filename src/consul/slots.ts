/**
 * The requests under way that may be blocking queries, each for minutes. A tenth of all, at least one,
 * stays free of them: a first read or a confirmation must not queue behind queries that wait.
 */
export class Slots {
  /** How many requests may be under way. */
  readonly #capacity: () => number;
  #taken = 0;

  constructor(capacity: () => number) {
    this.#capacity = capacity;
  }

  take(): boolean {
    if (this.#taken >= slotsOf(this.#capacity())) return false;
    this.#taken += 1;
    return true;
  }

  give(): void {
    this.#taken -= 1;
  }
}

/** How many queries may wait for a change at once; where they are more, they share. */
export function slotsOf(capacity: number): number {
  return capacity - Math.max(1, Math.ceil(capacity / 10));
}
