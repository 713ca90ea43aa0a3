/**
 * nginx's parse time grows with the *sum* of the weights (`hash … consistent` makes 160 points of each),
 * so weights are divided by their greatest common divisor and scaled down to a bounded sum. The
 * proportions stay to about one part in a hundred.
 */
export function balanceWeights(weights: readonly number[]): number[] {
  const divisor = weights.reduce(greatestCommonDivisor, 0) || 1;
  const reduced = weights.map((weight) => weight / divisor);
  const sum = reduced.reduce((total, weight) => total + weight, 0);
  const bound = Math.max(1000, 2 * weights.length);
  return sum <= bound ? reduced : reduced.map((weight) => Math.max(1, Math.round((weight * bound) / sum)));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
