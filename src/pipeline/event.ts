import type { Notice, Outcome, Step } from './outcome.ts';
import type { Problem } from './problem.ts';
import type { QueryKey } from './query.ts';

/** All that log, metrics, status and page ever present: they fold events and ask nobody else. */
export type Event =
  /** A query's value changed. */
  | {
      readonly type: 'answered';
      readonly query: QueryKey;
      readonly instances: number;
      readonly index: string;
      readonly ms: number;
    }
  /** `failures` in a row, the first at `since` (ms since the epoch); the next try comes after `retryIn` ms. */
  | {
      readonly type: 'queryFailed';
      readonly query: QueryKey;
      readonly problem: Problem;
      readonly failures: number;
      readonly since: number;
      readonly retryIn: number;
    }
  /** The first answer after failures, `after` ms of them. */
  | { readonly type: 'queryRecovered'; readonly query: QueryKey; readonly after: number }
  /** A step of a pass was completed; in `publish`, `part` tells how far it came. */
  | { readonly type: 'progress'; readonly step: Step; readonly part?: string }
  | {
      readonly type: 'process';
      readonly state: 'started' | 'reconfigured' | 'stopping' | 'stopped';
      readonly detail: string;
    }
  /** A fault that ends nothing: a broken template edit, a bad configuration at SIGHUP. */
  | { readonly type: 'problem'; readonly problem: Problem }
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

export type Report = (event: Event) => void;
