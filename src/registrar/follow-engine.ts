import { ProblemError } from '../pipeline/problem.ts';
import type { Quiescence } from '../pipeline/quiescence.ts';
import type { Registrar } from './loop.ts';
import { Losses } from './losses.ts';

/** Rings the bell at Docker's events, over all losses of their stream; after each, all is looked at anew. */
export async function followEngine(
  registrar: Registrar,
  bell: Quiescence,
  signal: AbortSignal,
): Promise<void> {
  const { engine, signals, clock } = registrar;
  const losses = new Losses('events', registrar);
  while (!signal.aborted) {
    try {
      for await (const event of engine.events(signal)) {
        if (event.kind === 'connected') losses.end();
        if (event.kind === 'signalled') signals.add(event.container, event.signal, event.at);
        // Who was told to stop has little time: that waits for no burst to end.
        if (event.kind === 'changed') bell.change();
        else bell.nudge();
      }
      throw new ProblemError({ what: 'the stream of events ended' });
    } catch (thrown) {
      if (signal.aborted) return;
      const retryIn = losses.add(thrown);
      // Perhaps the engine has gone, which the next pass will say.
      bell.nudge();
      await clock.sleep(retryIn, signal);
    }
  }
}
