import { z } from 'zod';
import { type Service, services } from './services.ts';

/** One registration as Consul tells it. */
export interface Registered {
  /** Of the backend that has the registered address. */
  readonly name: string;
  readonly state: 'passing' | 'warning' | 'critical' | 'maintenance';
  readonly weights: { readonly Passing: number; readonly Warning: number };
}

/** What Consul says of each service now. */
export type Truth = ReadonlyMap<Service, readonly Registered[]>;

const answer = z.array(
  z.object({
    Node: z.object({ Address: z.string() }),
    Service: z.object({
      Address: z.string(),
      Port: z.number(),
      Weights: z.object({ Passing: z.number(), Warning: z.number() }),
    }),
    Checks: z.array(z.object({ CheckID: z.string(), Status: z.string() })),
  }),
);

/** Asks Consul itself, its leader, and shares no code with upsync. */
export async function readTruth(
  consul: string,
  nameOf: (address: string) => string,
  signal: AbortSignal,
): Promise<Truth> {
  const read = async (service: Service) => {
    const response = await fetch(`${consul}/v1/health/service/${service}?consistent`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Consul answers ${response.status} for ${service}: ${text}`);
    return [service, answer.parse(JSON.parse(text)).map((entry) => registered(entry, nameOf))] as const;
  };
  return new Map(await Promise.all(services.map(read)));
}

function registered(
  { Node, Service, Checks }: z.infer<typeof answer>[number],
  nameOf: (address: string) => string,
): Registered {
  const is = (test: (check: (typeof Checks)[number]) => boolean) => Checks.some(test);
  const state = is(({ CheckID }) => /^_(node_maintenance$|service_maintenance:)/.test(CheckID))
    ? 'maintenance'
    : is(({ Status }) => Status === 'critical')
      ? 'critical'
      : is(({ Status }) => Status === 'warning')
        ? 'warning'
        : 'passing';
  const name = nameOf(`${Service.Address || Node.Address}:${Service.Port}`);
  return { name, state, weights: Service.Weights };
}
