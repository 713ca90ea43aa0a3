/** Where a value stands, and which values are marked. */
export interface Axis {
  /** In pixels. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

interface Pixels {
  readonly from: number;
  readonly to: number;
}

/** From 0 to `most` at least. */
export function linearAxis(most: number, { from, to }: Pixels): Axis {
  const step = niceStep(most / 6);
  const top = Math.ceil(most / step) * step || step;
  return {
    at: (value) => from + (value / top) * (to - from),
    ticks: Array.from({ length: Math.round(top / step) + 1 }, (_, each) => each * step),
  };
}

/** Whole powers of ten around both values, which must be above 0. */
export function logAxis(least: number, most: number, { from, to }: Pixels): Axis {
  const low = Math.floor(Math.log10(least));
  const high = Math.max(low + 1, Math.ceil(Math.log10(most)));
  return {
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, each) => 10 ** (low + each)),
  };
}

/** 1, 2 or 5 times a power of ten, at least the size that was asked for. */
function niceStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(wanted, 1e-9)));
  return ([1, 2, 5].find((times) => times * power >= wanted) ?? 10) * power;
}
