import type { Outcome } from './outcome.ts';
import type { Pipeline } from './pipeline.ts';

/**
 * Whether nginx can start once a pass has ended so: with the release that it led to or, where it led to none, with the
 * one before, if nginx takes that in its present configuration. Who still waits for Consul within the time that it has
 * may yet have something better.
 */
export async function canStart(
  { plan, clock, releases, gateway }: Pick<Pipeline, 'plan' | 'clock' | 'releases' | 'gateway'>,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<boolean> {
  if (outcome.kind === 'published' || outcome.kind === 'unchanged') return true;
  if (outcome.kind === 'superseded') return false;
  if (outcome.kind === 'waiting' && clock.now() < outcome.since + plan.startTimeout) return false;
  const live = await releases.live();
  return live !== undefined && (await gateway.test(live, signal)).kind === 'accepted';
}
