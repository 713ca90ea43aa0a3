import type { MetaValue } from './admission.ts';
import type { Protocol } from './protocol.ts';

/** What templates see: checked, typed and sorted. It is kept in the release's manifest too. */
export interface View {
  /** Sorted by name. */
  readonly upstreams: readonly Upstream[];
  /** Sorted by host and path. Each host and path stands once. */
  readonly routes: readonly Route[];
  readonly leftOut: readonly LeftOut[];
}

/** Which requests an upstream is for: those to this host whose path is this one or lies below it. */
export interface Route {
  /** A host name in lower case, or `*.` and one; empty for hosts that no other route names. */
  readonly host: string;
  /** Begins with `/`; does not end with it, but for `/` itself. */
  readonly path: string;
  readonly upstream: string;
}

/**
 * Where an upstream's servers come from: `live` from Consul's answer; `kept` from the release before
 * (nothing healthy, or no answer); `held` while a big loss waits for its grace period; `down` when
 * there is none left: requests get a 503, and in stream connections are closed at once.
 */
export type Origin = 'live' | 'kept' | 'held' | 'down';

export interface Upstream {
  readonly name: string;
  readonly service: string;
  readonly protocol: Protocol;
  /** Of tcp and udp: where nginx is to listen for it, as its `listen` takes it. */
  readonly listen?: string;
  readonly origin: Origin;
  /** Sorted by address and port. Empty exactly when `origin` is `down`. */
  readonly servers: readonly Server[];
  readonly balance: string;
  readonly maxFails: number;
  /** Seconds, at least 1. */
  readonly failTimeout: number;
  readonly keepalive: number;
  /** KiB, or 0 for no `zone`. */
  readonly zone: number;
  /** It is there by the rule of `discover`, and not by a name in the configuration. */
  readonly discovered?: true;
}

export interface Server {
  /** `datacenter/node/id`: a service id is unique only per agent. */
  readonly key: string;
  readonly node: string;
  /** An IP literal, IPv6 in brackets. */
  readonly host: string;
  /** 1–65535. */
  readonly port: number;
  /** As Consul has it, at least 1. What templates see is divided by what an upstream's weights have in common. */
  readonly weight: number;
  /** `down`: in maintenance, takes no new request. */
  readonly state: 'up' | 'down';
  /** Those that the configuration exposes. */
  readonly tags: readonly string[];
  /** The keys that the configuration exposes, each of the type that it asks for. */
  readonly meta: Readonly<Record<string, MetaValue>>;
  /** Since when it is no longer registered though kept, in ms since the epoch. */
  readonly lostSince?: number;
}

/** A registration that was not taken, and why. */
export interface LeftOut {
  readonly upstream: string;
  readonly key: string;
  readonly reason: string;
}
