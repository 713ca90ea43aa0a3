/**
 * The connections that blocking queries may hold, each for minutes. A tenth of all, at least one,
 * stays free of them: a first read or a confirmation must not queue behind queries that wait.
 */
export class Slots {
  #free: number;

  constructor(maxConnections: number) {
    this.#free = slotsOf(maxConnections);
  }

  take(): boolean {
    if (this.#free <= 0) return false;
    this.#free -= 1;
    return true;
  }

  give(): void {
    this.#free += 1;
  }
}

/** How many queries may wait for a change at once; where they are more, they share. */
export function slotsOf(maxConnections: number): number {
  return maxConnections - Math.max(1, Math.ceil(maxConnections / 10));
}
