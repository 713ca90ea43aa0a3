import { addressOf } from './instance.ts';
import { perObject } from './memo.ts';
import { byHostAndPort, type Observation } from './observe.ts';
import type { Notice } from './outcome.ts';
import type { GuardPlan, UpstreamPlan } from './plan.ts';
import { distinct, type Query } from './query.ts';
import type { Origin, Server, Upstream } from './view.ts';

/** A loss that waits: since when (ms since the epoch), and of how many servers. */
export interface Held {
  readonly since: number;
  readonly losing: number;
}

/** What has to be decided for one upstream. */
export interface Case {
  readonly observation: Observation;
  /** The servers that nginx was given last, less those whose address another service has now. */
  readonly last: readonly Server[];
  readonly plan: GuardPlan;
  readonly held: Held | undefined;
  readonly now: number;
}

/** What it is to serve, and why. */
export interface Decision {
  readonly name: string;
  readonly upstream?: Upstream;
  readonly notices: readonly Notice[];
  readonly held?: Held;
  readonly wakeAt?: number;
  readonly wants: readonly Query[];
}

export function serve(
  { plan }: Observation,
  origin: Origin,
  servers: readonly Server[],
): Decision & { readonly upstream: Upstream } {
  const upstream: Upstream = {
    name: plan.name,
    service: plan.service,
    protocol: plan.protocol,
    ...(plan.listen === undefined ? {} : { listen: plan.listen }),
    origin,
    servers: [...servers].sort(byHostAndPort),
    balance: plan.balance,
    maxFails: plan.maxFails,
    failTimeout: Math.max(1, Math.round(plan.failTimeout / 1000)),
    keepalive: plan.keepalive,
    zone: zoneSize(plan.zone, servers.length),
    ...(plan.discovered === true ? { discovered: true } : {}),
  };
  return { name: plan.name, upstream, notices: [], wants: [] };
}

/** All that Consul has of it, as it stands; the same object for the same observation. */
export const live = perObject((observation: Observation): Decision & { readonly upstream: Upstream } =>
  serve(observation, 'live', observation.servers),
);

/** In KiB: 2 a server, in powers of two so that it rarely changes, at least 64. */
function zoneSize(zone: 'auto' | 'off' | number, servers: number): number {
  if (zone === 'off') return 0;
  if (zone !== 'auto') return zone;
  return Math.max(64, 2 ** Math.ceil(Math.log2(Math.max(1, 2 * servers) + 1)));
}

/** `first`, and those of `second` that have other addresses. */
export function merge(first: readonly Server[], second: readonly Server[]): Server[] {
  const taken = new Set(first.map(addressOf));
  return [...first, ...second.filter((server) => !taken.has(addressOf(server)))];
}

export function isUp(servers: readonly Server[]): boolean {
  return servers.some(({ state }) => state === 'up');
}

/** Whoever else may be registered on the nodes of these servers. Of a peer's nodes its catalog tells nothing here. */
export function nodesOf(servers: readonly Server[], plan: UpstreamPlan): Query[] {
  const { datacenter, fallback = [], namespace = '', partition = '', peer = '' } = plan;
  if (peer !== '') return [];
  const scope = {
    ...(namespace === '' ? {} : { namespace }),
    ...(partition === '' ? {} : { partition }),
  };
  const queries = servers.map(({ node, key }): Query => {
    // Which of its datacenters it is in, only its key tells.
    const [own = ''] = key.split('/', 1);
    return { kind: 'node', node, datacenter: fallback.length === 0 ? datacenter : own, ...scope };
  });
  return distinct(queries);
}
