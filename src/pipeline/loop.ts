import { freshMemory } from './memory.ts';
import type { Pipeline } from './pipeline.ts';
import type { Quiescence } from './quiescence.ts';
import { reconcile } from './reconcile.ts';

/** Where so many services are missing for each ms, the next pass can wait for some of them. */
const missingPerMs = 5;

/**
 * Level-triggered: an event only says "look again". One pass runs at a time, whatever comes meanwhile is
 * seen by the next, and each works from the whole newest snapshot. Ends when `signal` aborts.
 */
export async function loop(pipeline: Pipeline, bell: Quiescence, signal: AbortSignal): Promise<void> {
  const { clock, report } = pipeline;
  let memory = freshMemory(clock.now());
  let changedAt: number | undefined;
  bell.nudge();
  let wakeAt: number | undefined;
  while (!signal.aborted) {
    const since = await bell.next(wakeAt, signal);
    if (signal.aborted) return;
    changedAt ??= since;
    report({ type: 'passBegan' });
    const pass = await reconcile(pipeline, memory, 'apply', signal);
    ({ memory, wakeAt } = pass);
    const { outcome, notices } = pass;
    const done = outcome.kind === 'published' || outcome.kind === 'unchanged';
    // What was broken off says nothing about nginx.
    if (signal.aborted && !done) return;
    report({
      type: 'reconciled',
      outcome,
      notices,
      ...(outcome.kind === 'published' && changedAt !== undefined
        ? { changeToLive: clock.now() - changedAt }
        : {}),
    });
    if (outcome.kind === 'published' && outcome.proof.kind === 'proven')
      bell.reached('pushed' in outcome.proof ? 'push' : 'reload');
    // What ends that wait is another change.
    if (done || outcome.kind === 'lacking') changedAt = undefined;
    if (outcome.kind === 'superseded') bell.nudge();
    // Whoever waits for the last service has waited long enough: its answer needs no quiet time.
    if (outcome.kind === 'waiting') {
      bell.skipQuiet();
      // Of thousands, not each answer is looked at.
      const rest = Math.min(Math.floor(outcome.missing.length / missingPerMs), outcome.until - clock.now());
      if (rest > 0) await clock.sleep(rest, signal);
    }
  }
}
