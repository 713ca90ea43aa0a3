import { sentence } from '../pipeline/problem.ts';
import type { Quiescence } from '../pipeline/quiescence.ts';
import { compare } from './compare.ts';
import type { Side } from './event.ts';
import { Freshness } from './freshness.ts';
import { type LossContext, Losses } from './losses.ts';
import { perform } from './perform.ts';
import type { RegistrarPlan } from './plan.ts';
import type { Engine, Registry } from './ports.ts';
import type { Signals } from './stopping.ts';

export interface Registrar extends LossContext {
  readonly plan: RegistrarPlan;
  readonly engine: Engine;
  readonly registry: Registry;
  readonly signals: Signals;
}

/**
 * Level-triggered: an event only says "look again", and each pass works from all that Docker and the
 * agent report, so that it matters to none what was missed before. Neither side's failure changes a
 * thing, and neither ends it; only `signal` does.
 */
export async function loop(registrar: Registrar, bell: Quiescence, signal: AbortSignal): Promise<void> {
  const losses = { docker: new Losses('docker', registrar), consul: new Losses('consul', registrar) };
  const freshness = new Freshness();
  bell.nudge();
  for (let wakeAt: number | undefined; ; ) {
    await bell.next(wakeAt, signal);
    if (signal.aborted) return;
    wakeAt = await pass(registrar, losses, freshness, signal);
  }
}

/** Returns when to look again at the latest. Never rejects. */
async function pass(
  registrar: Registrar,
  losses: Readonly<Record<Exclude<Side, 'events'>, Losses>>,
  freshness: Freshness,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { engine, registry, plan, signals, clock, report } = registrar;
  let side: keyof typeof losses = 'docker';
  try {
    const inventory = await engine.inventory(signal);
    losses[side].end();
    side = 'consul';
    signals.keepOnly(inventory.containers);
    const isDue = (service: Parameters<typeof freshness.due>[0]) =>
      clock.now() >= (freshness.due(service) ?? Number.POSITIVE_INFINITY);
    const { desired, actions, notices } = await compare(inventory, plan, registry, signals, isDue, signal);
    const refusals = [];
    for (const action of actions) {
      const refusal = await perform(action, registry, signal);
      freshness.note(action, clock.now());
      if (refusal === undefined) report({ type: 'wrote', action });
      else refusals.push({ what: action.service.id, reason: sentence(refusal) });
    }
    losses[side].end();
    report({ type: 'inStep', services: desired.length, notices: [...notices, ...refusals] });
    return Math.min(clock.now() + plan.resync, freshness.next(desired));
  } catch (thrown) {
    if (signal.aborted) return undefined;
    return clock.now() + losses[side].add(thrown);
  }
}
