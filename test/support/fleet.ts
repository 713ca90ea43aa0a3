import { z } from 'zod';
import { createFleet, type Fleet, type FleetFacts, lookAtFleet } from '../../src/consul/fleet.ts';
import type { ConsulOptions } from '../../src/consul/options.ts';
import type { FleetPlan } from '../../src/pipeline/plan.ts';
import type { Consul } from '../bed/consul.ts';
import { realClock } from './consul-follow.ts';
import { fleetPlan } from './fleet-plan.ts';

const folder = '/v1/kv/upsync/fleet/edge/';

/** Somebody who stands in line at once, and never gives his place back by himself. */
export interface Hog {
  readonly session: string;
  leave(): Promise<void>;
}

export async function hog(consul: Consul, ttl = '10s', gateway = 'hog'): Promise<Hog> {
  const made = await consul.request('PUT', '/v1/session/create', {
    TTL: ttl,
    Behavior: 'delete',
    LockDelay: '0s',
  });
  const session = z.object({ ID: z.string() }).parse(made).ID;
  await consul.request('PUT', `${folder}${session}?acquire=${session}`, { gateway, pid: 1 });
  return {
    session,
    async leave() {
      await consul.request('PUT', `/v1/session/destroy/${session}`);
    },
  };
}

/** The sessions of those that stand in line, in no order. */
export async function standing(consul: Consul): Promise<readonly string[]> {
  const keys = await consul.request('GET', `${folder}?keys`).catch((error: Error) => {
    if (error.message.includes(' 404 ')) return [];
    throw error;
  });
  return z
    .array(z.string())
    .parse(keys)
    .map((key) => key.slice(folder.length - '/v1/kv/'.length));
}

/** Looks on and on, each time when Consul says that something changed. */
export async function untilStanding(
  consul: Consul,
  holds: (sessions: readonly string[]) => boolean,
): Promise<void> {
  const url = `${consul.url}${folder}?keys&wait=30s&index=`;
  for (let index = '0'; !holds(await standing(consul)); ) {
    const answer = await fetch(url + index, { signal: AbortSignal.timeout(40_000) });
    await answer.arrayBuffer();
    index = answer.headers.get('x-consul-index') ?? '0';
  }
}

/** One gateway's side of the fleet, and how often its bell was rung. */
export interface Side extends AsyncDisposable {
  readonly fleet: Fleet;
  readonly rung: number;
  look(signal: AbortSignal): Promise<FleetFacts>;
  /** Resolves when the bell has been rung so often. */
  untilRung(times: number): Promise<void>;
}

export function side(
  address: string,
  plan: FleetPlan = fleetPlan(),
  { token, tls }: { readonly token?: string; readonly tls?: ConsulOptions['tls'] } = {},
): Side {
  let rung = 0;
  const waiting = new Set<() => void>();
  const options: ConsulOptions = {
    address,
    token: async () => token,
    datacenter: '',
    stale: true,
    block: 60_000,
    timeout: 5_000,
    maxStale: 60_000,
    maxConnections: 10,
    tls: tls ?? { ca: '', cert: '', key: '', serverName: '', verify: true },
  };
  const fleet = createFleet(options, plan, {
    clock: realClock,
    report: () => undefined,
    onChange() {
      rung += 1;
      for (const look of waiting) look();
    },
  });
  return {
    fleet,
    get rung() {
      return rung;
    },
    look: (signal) => lookAtFleet(options, plan, signal),
    untilRung: (times) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`rung ${rung} times in 20 s`)), 20_000);
        const look = () => {
          if (rung < times) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
  };
}
