import type { Event, Terms } from '../pipeline/event.ts';
import type { Notice, Outcome, Proof, Step, StepTimes } from '../pipeline/outcome.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { QueryKey } from '../pipeline/query.ts';
import type { Release } from '../pipeline/release.ts';
import type { HealthCounts } from '../pipeline/snapshot.ts';
import type { Supervised } from '../pipeline/supervise.ts';
import type { Histogram, StepHistograms } from './histogram.ts';

/** All that the events have said so far, as far as anybody wants to know. Times are in ms since the epoch. */
export interface State {
  readonly version: string;
  readonly startedAt: number;
  readonly process: 'running' | 'stopping';
  readonly configured: Extract<Event, { type: 'configured' }> | undefined;
  readonly queries: ReadonlyMap<QueryKey, QueryState>;
  /** The release that nginx was last seen to run, or where it does not run would start with. */
  readonly serving: Release | undefined;
  readonly nginx: NginxState;
  /** The nginx that upsync itself runs; undefined where others run it. */
  readonly supervised: Supervised | undefined;
  /** Of the newest pass. */
  readonly notices: readonly Notice[];
  /** Why the newest pass ended without doing anything, though there may be something to do. */
  readonly waiting: Waiting | undefined;
  readonly blocked: Blocked | undefined;
  /** The newest last. */
  readonly releases: readonly ReleaseRecord[];
  /** The newest last. */
  readonly problems: readonly { readonly at: number; readonly problem: Problem }[];
  readonly listening: { readonly at: string; readonly problem: Problem | undefined } | undefined;
  /** Files of other programs, by name. */
  readonly units: ReadonlyMap<string, UnitState>;
  readonly counts: Counts;
  readonly changeToLive: Histogram;
  /** How long reloads waited for their turn. */
  readonly turns: Histogram;
  readonly steps: StepHistograms;
  readonly pulse: {
    /** When the pass under way began. */
    readonly passSince: number | undefined;
    /** When nginx was last looked at. */
    readonly lookedAt: number | undefined;
  };
}

/** Until when, or where nobody knows that, since when. */
type Waiting = { readonly why: string } & ({ readonly until: number } | { readonly since: number });

export interface QueryState {
  /** Undefined until it has answered. */
  readonly answer:
    | {
        readonly instances: number;
        readonly health: HealthCounts;
        readonly index: string;
        /** The last good answer, whether it changed something or not. */
        readonly at: number;
        readonly changedAt: number;
      }
    | undefined;
  readonly failing:
    | {
        readonly since: number;
        readonly failures: number;
        readonly problem: Problem;
        /** What happens until it is answered again. */
        readonly meanwhile: string;
      }
    | undefined;
  /** Failures in all. */
  readonly errors: number;
}

export interface NginxState {
  readonly state: 'unknown' | 'running' | 'stopped';
  /** The digest that it answers with; undefined where it runs none of ours. */
  readonly release: string | undefined;
  /** Generations of old workers that finish what they have. */
  readonly draining: number;
  readonly problem: Problem | undefined;
}

/** Files of another program. */
export interface UnitState {
  /** The release that it was last told of with success, and when that was seen. */
  readonly release: { readonly digest: string; readonly at: number } | undefined;
  readonly blocked: Blocked | undefined;
  /** What its templates ask for and do not get, in words. */
  readonly lacking: readonly string[];
  /** Of its newest pass, but for those about upstreams. */
  readonly notices: readonly Notice[];
  readonly passes: Counts['passes'];
}

/** What keeps the newest change from nginx, or from another program. */
export interface Blocked {
  readonly by: 'rejected' | 'rolledBack' | 'failed';
  readonly at: Step;
  /** When the first of these passes ended so. */
  readonly since: number;
  readonly times: number;
  readonly problems: readonly Problem[];
}

/** One release on its way to nginx, whether it got there or not. */
export interface ReleaseRecord {
  /** Counts from 1 since upsync started. */
  readonly number: number;
  readonly digest: string;
  /** When the pass ended. */
  readonly at: number;
  /** `published`: nginx does not run, and starts with it. */
  readonly result: 'live' | 'published' | 'rolledBack';
  /** ms from Consul's answer to the proof. */
  readonly changeToLive: number | undefined;
  readonly steps: StepTimes;
  /** How nginx took it; undefined where it was not seen to. */
  readonly by: Terms['via'] | undefined;
  readonly workers: number | undefined;
  readonly changes: readonly ChangeRecord[];
  /** Why it was rolled back. */
  readonly problem: Problem | undefined;
  /** How often it was rolled back, in a row. */
  readonly times: number;
}

/** Who came and went in one upstream. The lists may be cut; the numbers are whole. */
export interface ChangeRecord {
  readonly upstream: string;
  readonly gone: boolean;
  readonly up: number;
  readonly joined: Named;
  readonly left: Named;
  readonly changed: Named;
}

export interface Named {
  readonly count: number;
  readonly servers: readonly { readonly address: string; readonly node: string }[];
}

interface Counts {
  readonly passes: Readonly<Partial<Record<Outcome['kind'], number>>>;
  readonly reloads: Readonly<Partial<Record<Proof['kind'], number>>>;
  /** Where nginx's workers take a release by themselves. */
  readonly pushes: Readonly<Partial<Record<Proof['kind'], number>>>;
  /** Reloads that had a place in their fleet, or went on without. */
  readonly turns: { readonly placed: number; readonly unplaced: number };
  readonly rejected: { readonly render: number; readonly test: number };
  readonly problems: number;
}
