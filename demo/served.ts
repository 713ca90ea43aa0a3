import { setTimeout as sleep } from 'node:timers/promises';
import { whoAnswered } from './load.ts';
import { services } from './node.ts';
import { DrillProblem } from './problem.ts';
import { tryGet } from './request.ts';

const patience = 15_000;

/** Asks the gateway every few milliseconds until both services answer; resolves with that time. */
export async function untilServed(gateway: string, signal: AbortSignal): Promise<number> {
  const deadline = performance.now() + patience;
  const waiting = new Set(services);
  let last = '';
  while (waiting.size > 0) {
    for (const service of waiting) {
      const found = await tryGet(`${gateway}/${service}/`);
      last =
        found.kind === 'answer' ? `status ${found.status}` : found.kind === 'failed' ? found.why : found.kind;
      const served = found.kind === 'answer' && whoAnswered(found.body) !== undefined;
      if (served) waiting.delete(service);
    }
    if (performance.now() > deadline) {
      throw new DrillProblem(
        `${gateway} still has ${last} for ${[...waiting].join(' and ')}, ${patience / 1000} s after the registration; ` +
          "upsync's lines above say why",
      );
    }
    await sleep(5, undefined, { signal });
  }
  return performance.now();
}
