import type { Admission } from './admission.ts';
import type { Protocol } from './protocol.ts';

/** What the configuration asks of the pipeline. Times are in milliseconds. */
export interface Plan {
  /** Sorted by name. */
  readonly upstreams: readonly UpstreamPlan[];
  /** Which services get an upstream with nobody naming them. */
  readonly discover?: DiscoverPlan;
  readonly admission: Admission;
  readonly guard: GuardPlan;
  readonly wait: WaitPlan;
  /** How long the first publish waits for services that have not answered. */
  readonly startTimeout: number;
  /** Generations of draining workers past which the next reload waits. */
  readonly maxDraining: number;
  readonly fleet?: FleetPlan;
}

/** Of the gateways of a fleet, so many reload at the same time. */
export interface FleetPlan {
  readonly name: string;
  readonly reloads: number;
  /** How long a reload waits for its turn at most. */
  readonly patience: number;
  /** Folder in Consul's KV below which each fleet has its own; without slashes around it. */
  readonly prefix: string;
  /** How long a gateway that is not heard of keeps its place; Consul may take twice as long. */
  readonly ttl: number;
}

export interface UpstreamPlan {
  readonly name: string;
  readonly service: string;
  readonly protocol: Protocol;
  /** Of tcp and udp: where nginx is to listen for it, `address:port`; by a server of the user's own otherwise. */
  readonly listen?: string;
  /** An instance must carry all of them. */
  readonly tags: readonly string[];
  /** Empty: the agent's own. */
  readonly datacenter: string;
  /** Further datacenters, each for when nothing can serve in those before. */
  readonly fallback?: readonly string[];
  /** As in a `ServiceQuery`; empty for none. */
  readonly filter?: string;
  readonly namespace?: string;
  readonly partition?: string;
  readonly peer?: string;
  /** `round_robin` or an nginx balancing directive without its semicolon. */
  readonly balance: string;
  readonly onEmpty: 'keep' | 'down' | 'drop';
  readonly keepFor: number;
  /** `use`: take traffic by `Weights.Warning`; `drop`: leave out. */
  readonly onWarning: 'use' | 'drop';
  readonly maxFails: number;
  readonly failTimeout: number;
  /** Idle connections kept per worker; 0 for none, as ever in stream. */
  readonly keepalive: number;
  /** Shared memory for the group, in KiB; `auto` sizes it, `off` leaves it out. */
  readonly zone: 'auto' | 'off' | number;
  /** Found by the rule of `discover`, and not named. */
  readonly discovered?: true;
  /** Its instances may ask for a route. */
  readonly routed?: true;
}

/** A rule over the services of Consul's catalog. */
export interface DiscoverPlan {
  /** A service, and of it an instance, must carry it; empty for any. */
  readonly tag: string;
  /** Services that are never discovered. */
  readonly exclude: ReadonlySet<string>;
  /** So many are, at most. */
  readonly max: number;
  /** What each gets. */
  readonly settings: Omit<UpstreamPlan, 'name' | 'service' | 'tags'>;
}

/** A step that takes away at least `atLeast` servers and at least `maxDrop` (0–1) of them waits for `grace`. */
export interface GuardPlan {
  readonly maxDrop: number;
  readonly atLeast: number;
  readonly grace: number;
}

export interface WaitPlan {
  /** Quiet time that ends a burst. */
  readonly min: number;
  /** The longest that a burst may put a change off. */
  readonly max: number;
  /** A change waits a random part of this first, so that not all of a fleet reload at once. */
  readonly splay?: number;
}
