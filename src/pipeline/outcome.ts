import type { Problem } from './problem.ts';
import type { Subject } from './protocol.ts';
import type { FileDiff, Release } from './release.ts';
import type { Health } from './snapshot.ts';
import type { Server } from './view.ts';

/** What nginx said of a candidate. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** What nginx is seen to run, asked of nginx itself and never of the disk. */
export type Running =
  | { readonly kind: 'stopped'; readonly problem?: Problem }
  | {
      readonly kind: 'running';
      /** Undefined where it runs none of our releases. */
      readonly digest: string | undefined;
      /** Old generations of workers. */
      readonly draining: number;
      /** The structure that its workers were configured with, where they have the Lua balancer. */
      readonly structure?: string;
      /** What is not as it should be, though it runs. */
      readonly problem?: Problem;
    };

/** By what nginx was seen to run a release, or why not. */
export type Proof =
  /** `processes`: every old worker is gone or shutting down and every standing one answered with the digest. */
  | {
      readonly kind: 'proven';
      readonly by: 'processes' | 'answers';
      readonly workers: number;
      readonly draining: number;
      /** Nothing was reloaded: the workers took the release by themselves. */
      readonly pushed?: true;
    }
  /** Of another program: its reload command succeeded, or it has none and watches its files. Nobody can ask it more. */
  | { readonly kind: 'proven'; readonly by: 'command' | 'files' }
  | { readonly kind: 'stopped'; readonly problem?: Problem }
  | { readonly kind: 'unproven'; readonly problem: Problem; readonly pushed?: true };

export type Step = 'render' | 'stage' | 'test' | 'publish' | 'prove';

/** Milliseconds spent in each step of a pass. */
export type StepTimes = Readonly<Partial<Record<Step, number>>>;

export interface Left extends Server {
  /** What became of its registration, where Consul said. */
  readonly why?: 'deregistered' | 'left out' | Health;
}

/** What a pass changes in one upstream. */
export interface UpstreamChange {
  readonly upstream: string;
  /** The upstream itself is no longer there. */
  readonly gone: boolean;
  /** It is new, and nobody named it. */
  readonly found?: true;
  /** Its route is another one, as `host/path`; empty for none. */
  readonly route?: { readonly before: string; readonly after: string };
  readonly joined: readonly Server[];
  readonly left: readonly Left[];
  /** Servers whose weight or state changed. */
  readonly changed: readonly { readonly before: Server; readonly after: Server }[];
  /** How many servers are up now. */
  readonly up: number;
}

/** Why nothing that Consul has of a service can serve. */
export interface Emptiness {
  readonly why: 'none registered' | 'other tags' | 'left out' | 'maintenance' | 'unhealthy';
  /** So many are registered for which that holds. */
  readonly registered: number;
}

/** Something that is not as it should be, though the pass went on. */
export type Notice =
  /** Consul has not answered for it, or was not asked: so many servers of the last release go on. */
  | (Subject & { readonly kind: 'missing' | 'seeded'; readonly servers: number })
  | {
      readonly kind: 'kept';
      readonly upstream: string;
      readonly empty: Emptiness;
      readonly servers: number;
      readonly until?: number;
    }
  | (Subject & { readonly kind: 'down' | 'dropped'; readonly empty: Emptiness })
  | {
      readonly kind: 'held';
      readonly upstream: string;
      readonly losing: number;
      readonly of: number;
      readonly until: number;
    }
  /** What was held is applied: it lasted. */
  | { readonly kind: 'lost'; readonly upstream: string; readonly losing: number; readonly of: number }
  /** Nothing can serve in its first datacenter: those of another one do. */
  | { readonly kind: 'fallback'; readonly upstream: string; readonly datacenter: string }
  /** The newest templates are not in use: why. */
  | { readonly kind: 'aside'; readonly of?: 'keys'; readonly reason: string }
  /** Its service is gone from Consul, and its upstream with it. */
  | { readonly kind: 'left'; readonly upstream: string }
  /** An upstream did not get a route: another one has it. */
  | {
      readonly kind: 'conflict';
      readonly upstream: string;
      /** `host/path`, as in `example.org/api`; `*` for any host. */
      readonly route: string;
      readonly reason: string;
    }
  /** A service that the rule of `discover` finds has no upstream; or one that is gone keeps its, since nginx wants it. */
  | { readonly kind: 'undiscovered' | 'needed'; readonly upstream: string; readonly reason: string }
  /** So many more services have no upstream. */
  | { readonly kind: 'crowded'; readonly services: number; readonly reason: string }
  /** An instance was left out, or taken though it is odd. */
  | {
      readonly kind: 'leftOut' | 'doubtful';
      readonly upstream: string;
      readonly instance: string;
      readonly reason: string;
    };

/** How a pass ended. Times are in ms since the epoch. */
export type Outcome =
  | {
      readonly kind: 'waiting';
      readonly missing: readonly string[];
      readonly since: number;
      readonly until: number;
    }
  /** What templates ask for is not there, or not answered yet: in words. Nothing goes live until it is. */
  | { readonly kind: 'lacking'; readonly missing: readonly string[]; readonly since: number }
  /** The files are those of the release; its view is the newest. */
  | { readonly kind: 'unchanged'; readonly release: Release }
  /** `queued`: for its turn among the gateways of a fleet. */
  | { readonly kind: 'held'; readonly why: string; readonly until: number; readonly queued?: true }
  /** Consul's answers changed while the candidate was tested: it is not worth a reload any more. */
  | { readonly kind: 'superseded' }
  | { readonly kind: 'rejected'; readonly stage: 'render' | 'test'; readonly problems: readonly Problem[] }
  | {
      readonly kind: 'accepted';
      readonly changes: readonly UpstreamChange[];
      readonly files: readonly FileDiff[];
      readonly warnings: readonly string[];
      readonly steps: StepTimes;
    }
  | {
      readonly kind: 'published';
      readonly release: Release;
      readonly proof: Exclude<Proof, { kind: 'unproven' }>;
      readonly changes: readonly UpstreamChange[];
      readonly warnings: readonly string[];
      readonly steps: StepTimes;
    }
  /** nginx was not seen to run the release: `current` is back at `to`, or gone where there was nothing before. */
  | {
      readonly kind: 'rolledBack';
      readonly release: Release;
      readonly to: Release | undefined;
      readonly problem: Problem;
      /** With it nobody was served: its workers came to be, and failed at their balancer. */
      readonly hurt?: true;
    }
  | { readonly kind: 'failed'; readonly step: Step; readonly problem: Problem };

/** Whether the release that it led to is in place. */
export function isTaken({ kind }: Outcome): boolean {
  return kind === 'published' || kind === 'unchanged';
}

/** Whether nginx did not take what there is now. */
export function isRefused({ kind }: Outcome): boolean {
  return kind === 'rejected' || kind === 'rolledBack';
}
