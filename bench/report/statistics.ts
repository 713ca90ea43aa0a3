/** What several runs of one measurement came to. */
export interface Summary {
  /** How many values there are in all runs. */
  readonly count: number;
  /** Of all values. */
  readonly median: number;
  /** The smallest and the largest of the runs' medians: how far one run is from another. */
  readonly spread: readonly [least: number, most: number];
  /** Of all values; undefined below 100 values, where it would be the largest one. */
  readonly p99: number | undefined;
  /** The largest of all values. */
  readonly most: number;
}

/** Undefined where no run has a value. */
export function summarise(runs: readonly (readonly number[])[]): Summary | undefined {
  const all = runs.flat();
  if (all.length === 0) return undefined;
  const medians = runs.filter(({ length }) => length > 0).map(median);
  return {
    count: all.length,
    median: median(all),
    spread: [Math.min(...medians), Math.max(...medians)],
    p99: all.length < 100 ? undefined : quantile(all, 0.99),
    most: Math.max(...all),
  };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** By interpolation between the nearest ranks, as most programs do it (R's type 7); NaN of no value. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (sorted.length - 1) * share;
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}
