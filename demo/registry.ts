import { z } from 'zod';
import type { Instance, Service } from './node.ts';

const entries = z.array(
  z.object({
    Node: z.object({ Node: z.string() }),
    Checks: z.array(z.object({ Status: z.string() })),
  }),
);

/**
 * Waits until Consul's catalog has the instance healthy, or else not: by a blocking query of our own, so that the time
 * is the one at which upsync could know of it at the earliest.
 */
export async function untilKnown(
  consul: string,
  service: Service,
  node: string,
  healthy: boolean,
  signal: AbortSignal,
): Promise<Instance> {
  for (let index = '0'; ; ) {
    const response = await fetch(`${consul}/v1/health/service/${service}?wait=30s&index=${index}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(40_000)]),
    });
    const body = entries.parse(await response.json());
    const knownAt = performance.now();
    const entry = body.find((one) => one.Node.Node === node);
    const passing = entry?.Checks.every((check) => check.Status === 'passing') ?? false;
    if (passing === healthy) return { service, node, knownAt };
    index = response.headers.get('x-consul-index') ?? '0';
  }
}
