/**
 * Milliseconds to wait after so many failures in a row: exponential, with full jitter, so that a
 * server which comes back is not met by all its clients at once
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export function backoff(failures: number, base: number, cap: number, random: () => number): number {
  return Math.floor(random() * Math.min(cap, base * 2 ** (failures - 1)));
}
