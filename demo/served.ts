import { setTimeout as sleep } from 'node:timers/promises';
import { whoAnswered } from './load.ts';
import { services } from './node.ts';
import { DrillProblem } from './problem.ts';
import { tryGet } from './request.ts';

const patience = 15_000;

/** Asks the gateway every few milliseconds until both services answer; resolves with that time. */
export async function untilServed(gateway: string, signal: AbortSignal): Promise<number> {
  await untilAll(signal, async (service) => {
    const found = await tryGet(`${gateway}/${service}/`);
    if (found.kind === 'answer' && whoAnswered(found.body) !== undefined) return undefined;
    const last =
      found.kind === 'answer' ? `status ${found.status}` : found.kind === 'failed' ? found.why : found.kind;
    return `${gateway} still has ${last}`;
  });
  return performance.now();
}

/** Until upsync has proof that all of nginx has both: an old worker may answer 503 for some 100 ms after the first answer. */
export async function untilProven(status: string, signal: AbortSignal): Promise<void> {
  await untilAll(signal, async (service) => {
    const found = await tryGet(`${status}status`);
    if (found.kind === 'answer' && JSON.parse(found.body).upstreams[service]?.up > 0) return undefined;
    return `${status} still has no proof that nginx serves it`;
  });
}

/** `ask` says what is still amiss with a service. */
async function untilAll(
  signal: AbortSignal,
  ask: (service: string) => Promise<string | undefined>,
): Promise<void> {
  const deadline = performance.now() + patience;
  const waiting = new Set<string>(services);
  let last = '';
  while (waiting.size > 0) {
    for (const service of waiting) {
      const amiss = await ask(service);
      if (amiss === undefined) waiting.delete(service);
      else last = `${service}: ${amiss}`;
    }
    if (performance.now() > deadline) {
      throw new DrillProblem(
        `${last}, ${patience / 1000} s after the registration; upsync's lines above say why`,
      );
    }
    await sleep(5, undefined, { signal });
  }
}
