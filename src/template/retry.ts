/** The wait for the next try doubles between these, in ms: what nginx refused may be no fault of what was put aside. */
const firstRetry = 4_000;
const lastRetry = 60_000;

/** How long what nginx refused so many times is put aside, in ms. */
export function restAfter(failures: number): number {
  return Math.min(lastRetry, firstRetry * 2 ** (failures - 1));
}
