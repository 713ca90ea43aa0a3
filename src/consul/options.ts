/** How to reach Consul and how far to trust it. All times are in milliseconds; an empty string means none. */
export interface ConsulOptions {
  /** `http://` or `https://`, with a path where Consul sits behind one, or `unix://` and a socket's path as it stands. */
  readonly address: string;
  /** Asked before each request. Rejects where there should be a token and is none. */
  readonly token: () => Promise<string | undefined>;
  /** For queries that name none. */
  readonly datacenter: string;
  /** Any server may answer, not the leader alone. */
  readonly stale: boolean;
  /** How long a blocking query waits for a change. Consul cuts it at 10 minutes. */
  readonly block: number;
  /** What a request may take beyond the time that Consul was asked to wait. */
  readonly timeout: number;
  /** How long ago the answering server may have heard from the leader. */
  readonly maxStale: number;
  /** Consul resets connections past 200 from one address (`limits.http_max_conns_per_client`). */
  readonly maxConnections: number;
  readonly tls: TlsOptions;
}

/** Paths of PEM files, read once. */
export interface TlsOptions {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly serverName: string;
  readonly verify: boolean;
}

/** What nobody has had to configure yet; tests shorten it. */
export interface Tuning {
  /** The largest body that is read, in bytes. */
  readonly maxBody: number;
  /** The longest back-off after a first failure; it doubles with each one up to the cap. */
  readonly backoffBase: number;
  readonly backoffCap: number;
  /** This many requests of one query may follow each other at once, then one per `interval` … */
  readonly burst: number;
  readonly interval: number;
  /** … or, after an answer that changed something, one per this. */
  readonly changedInterval: number;
  /** What tells of changes in a whole datacenter is asked `burst` times at once, then once per this. */
  readonly triggerInterval: number;
  /** How often all is read while nothing tells of changes. */
  readonly poll: number;
  /** How long after a registration all is read once more, for each query that there is. */
  readonly sweepLater: number;
  /** In the long run the reads of sweeps are this far apart, and as many may follow at once as fill the window. */
  readonly sweepRead: number;
  readonly sweepWindow: number;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
}

export const TUNING: Tuning = {
  maxBody: 32 * 1024 * 1024,
  backoffBase: 250,
  backoffCap: 4_000,
  burst: 5,
  interval: 200,
  changedInterval: 25,
  triggerInterval: 1_000,
  poll: 1_000,
  sweepLater: 5,
  sweepRead: 2,
  sweepWindow: 30_000,
  random: Math.random,
};
