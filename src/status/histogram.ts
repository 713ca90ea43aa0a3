import type { Step, StepTimes } from '../pipeline/outcome.ts';

/** How many observations, by upper bound in ms; none of them is kept itself. */
export interface Histogram {
  /** Of each bound in `bounds`, those at most that large and larger than the bound before; then the rest. */
  readonly counts: readonly number[];
  /** ms. */
  readonly sum: number;
  readonly count: number;
}

/** ms. nginx's reload alone takes some 100, a change of its own 60 to 130, one in a burst up to a second more. */
export const bounds: readonly number[] = [
  5, 10, 25, 50, 75, 100, 125, 150, 200, 300, 500, 1_000, 2_000, 5_000, 10_000, 30_000,
];

export const noObservations: Histogram = {
  counts: Array.from({ length: bounds.length + 1 }, () => 0),
  sum: 0,
  count: 0,
};

export function observed({ counts, sum, count }: Histogram, ms: number): Histogram {
  const found = bounds.findIndex((bound) => ms <= bound);
  const at = found === -1 ? bounds.length : found;
  return { counts: counts.with(at, (counts[at] ?? 0) + 1), sum: sum + ms, count: count + 1 };
}

const steps: readonly Step[] = ['render', 'stage', 'test', 'publish', 'prove'];

export type StepHistograms = Readonly<Partial<Record<Step, Histogram>>>;

/** With the times of one more pass. */
export function withSteps(histograms: StepHistograms, times: StepTimes): StepHistograms {
  const all: Partial<Record<Step, Histogram>> = { ...histograms };
  for (const step of steps) {
    const ms = times[step];
    if (ms !== undefined) all[step] = observed(all[step] ?? noObservations, ms);
  }
  return all;
}
