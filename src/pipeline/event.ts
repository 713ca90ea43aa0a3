import type { Notice, Outcome, Proof, Running, Step } from './outcome.ts';
import type { DiscoverPlan, UpstreamPlan } from './plan.ts';
import type { Problem } from './problem.ts';
import type { QueryKey } from './query.ts';
import type { Release } from './release.ts';
import type { ConsulQuery, HealthCounts } from './snapshot.ts';
import type { Supervised } from './supervise.ts';
import type { Way } from './way.ts';

/** All that log, metrics, status and page ever present: they fold events and ask nobody else. */
export type Event =
  /** A query's value changed. */
  | {
      readonly type: 'answered';
      readonly query: QueryKey;
      /** Of what there are `instances`: those of a service or on a node, or names, nodes, keys. */
      readonly of: ConsulQuery['kind'];
      readonly instances: number;
      /** Empty where the answer is not of instances. */
      readonly health: HealthCounts;
      readonly index: string;
      readonly ms: number;
    }
  /** A query was answered, and its value is the one that was held. */
  | { readonly type: 'answeredSame'; readonly query: QueryKey; readonly index: string }
  /**
   * `failures` in a row, the first at `since` (ms since the epoch); the next try comes after `retryIn` ms. `meanwhile`:
   * what happens until then; nothing changes, unless told.
   */
  | {
      readonly type: 'queryFailed';
      readonly query: QueryKey;
      readonly problem: Problem;
      readonly failures: number;
      readonly since: number;
      readonly retryIn: number;
      readonly meanwhile?: string;
    }
  /** The first answer after failures, `after` ms of them. */
  | { readonly type: 'queryRecovered'; readonly query: QueryKey; readonly after: number }
  /**
   * More queries than `most` connections may wait share what tells of changes from now on, and each has a blocking
   * query of its own again once there are few enough.
   */
  | {
      readonly type: 'watching';
      readonly by: 'shared' | 'own';
      readonly queries: number;
      readonly most: number;
    }
  /** A query is wanted no more. */
  | { readonly type: 'forgotten'; readonly query: QueryKey }
  /** The configuration that counts from now on. `units` are named; without any it is left out. */
  | {
      readonly type: 'configured';
      readonly upstreams: readonly UpstreamPlan[];
      readonly discover?: DiscoverPlan;
      readonly terms: Terms;
      readonly units?: readonly string[];
    }
  /** Something happened to the files of another program. It is wrapped, so that nobody takes it for nginx's. */
  | { readonly type: 'unit'; readonly unit: string; readonly event: Event }
  /** The release that `current` names at the start of a run, before any pass. */
  | { readonly type: 'found'; readonly release: Release | undefined }
  /** A pass begins; `reconciled` ends it. */
  | { readonly type: 'passBegan' }
  /** A step of a pass was completed; in `publish`, `part` tells how far it came. */
  | { readonly type: 'progress'; readonly step: Step; readonly part?: string }
  | {
      readonly type: 'process';
      readonly state:
        | 'started'
        | 'reconfiguring'
        | 'reconfigured'
        | 'notReconfigured'
        | 'stopping'
        | 'stopped';
      readonly detail: string;
    }
  /** What becomes of the nginx that upsync itself runs. */
  | { readonly type: 'supervised'; readonly nginx: Supervised }
  /** A link of upsync's took the place of a file outside of the managed folder; `saved` is a copy of that. */
  | { readonly type: 'replaced'; readonly path: string; readonly saved: string }
  /** A fault that ends nothing: a broken template edit, a bad configuration at SIGHUP. */
  | { readonly type: 'problem'; readonly problem: Problem }
  /** nginx was told to run a release, and this came of it. */
  | {
      readonly type: 'applied';
      readonly digest: string;
      readonly proof: Proof['kind'];
      readonly pushed?: true;
    }
  /** A release has the `place`th of `of` places in its fleet, after ms of waiting, and nginx will be reloaded. */
  | {
      readonly type: 'placed';
      readonly fleet: string;
      readonly place: number;
      readonly of: number;
      readonly after: number;
    }
  /** nginx will be reloaded with no place, after ms of waiting: why. */
  | { readonly type: 'unplaced'; readonly problem: Problem; readonly after: number }
  /** What nginx is seen to run: said each time that it is looked at, whether that is news or not. */
  | { readonly type: 'observed'; readonly running: Running }
  /** Where status can be asked for; `problem` is why it cannot be for now, and it is tried again. */
  | { readonly type: 'listening'; readonly at: string; readonly problem?: Problem }
  /** nginx was seen to start or stop by itself, or to be otherwise than it should. */
  | {
      readonly type: 'gateway';
      readonly state: 'running' | 'stopped';
      readonly detail: string;
      readonly problem?: Problem;
    }
  /** `changeToLive` is the ms from Consul's answer to the proof, where a change caused the pass. */
  | {
      readonly type: 'reconciled';
      readonly outcome: Outcome;
      readonly notices: readonly Notice[];
      readonly changeToLive?: number;
    };

/** What else of the configuration matters to those who present events. */
export interface Terms {
  /** ms after which data that Consul no longer vouches for is stale. */
  readonly maxStale: number;
  /** ms that nginx has to be seen to run a release. */
  readonly proofTimeout: number;
  /** How changes of servers alone reach nginx. */
  readonly via: Way['kind'];
  /** By key of `upsync.yaml`, as it came to be. No secret is among them. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}

export type Report = (event: Event) => void;
