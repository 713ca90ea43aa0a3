import type { Clock, Releases } from './ports.ts';

/** How often the managed folder is looked at, in ms. */
const interval = 1000;

/** Calls `onDamage`, again and again, while what nginx starts with is not as it was published. */
export async function followReleases(
  releases: Releases,
  clock: Clock,
  onDamage: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if ((await releases.damage()) !== undefined) onDamage();
    await clock.sleep(interval, signal);
  }
}
