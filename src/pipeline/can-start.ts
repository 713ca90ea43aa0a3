import { isTaken, type Outcome } from './outcome.ts';
import type { Pipeline } from './pipeline.ts';

type Parts = Pick<Pipeline, 'plan' | 'clock' | 'releases' | 'gateway'>;

/** The nginx that is to be started. */
interface Startable {
  /** Undefined while there is none. */
  pid(): number | undefined;
  startable(): void;
}

/** Has nginx start once a pass, whose outcomes it is given, has come to something that it can start with. */
export function starter(parts: Parts, nginx: Startable, signal: AbortSignal): (outcome: Outcome) => void {
  const { clock } = parts;
  let latest: Outcome | undefined;
  let looks = false;

  async function look(outcome: Outcome): Promise<void> {
    looks = true;
    // Where it cannot be told, the next pass meets the same, and says so.
    const can = await canStart(parts, outcome, signal).catch(() => false);
    looks = false;
    if (can) return nginx.startable();
    if (latest !== undefined && latest !== outcome) return look(latest);
    const left = patienceLeft(parts, outcome);
    if (left <= 0) return;
    await clock.sleep(left, signal);
    if (latest === outcome && !looks && !signal.aborted) return look(outcome);
  }

  return (outcome) => {
    latest = outcome;
    if (!looks && nginx.pid() === undefined) look(outcome);
  };
}

/**
 * Whether nginx can start once a pass has ended so: with the release that it led to or, where it led to none, with the
 * one before, if nginx takes that in its present configuration.
 */
async function canStart(parts: Parts, outcome: Outcome, signal: AbortSignal): Promise<boolean> {
  if (isTaken(outcome)) return true;
  if (outcome.kind === 'superseded' || patienceLeft(parts, outcome) > 0) return false;
  const live = await parts.releases.live();
  return live !== undefined && (await parts.gateway.test(live, signal)).kind === 'accepted';
}

/** How long, in ms, Consul may yet have something better. */
function patienceLeft({ plan, clock }: Parts, outcome: Outcome): number {
  if (outcome.kind !== 'waiting' && outcome.kind !== 'lacking') return 0;
  return outcome.since + plan.startTimeout - clock.now();
}
