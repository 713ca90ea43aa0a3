import type { Event } from '../pipeline/event.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { Action } from './action.ts';
import type { LeftOut } from './service.ts';

/** What the registrar has to do with: Docker's lists, the stream of its events, Consul's agent. */
export type Side = 'docker' | 'events' | 'consul';

/** All that the log presents. */
export type RegistrarEvent =
  | { readonly type: 'wrote'; readonly action: Action }
  /** A pass was completed: `services` are in step, all but those in `notices`. */
  | { readonly type: 'inStep'; readonly services: number; readonly notices: readonly LeftOut[] }
  /** `failures` in a row, the first at `since` (ms since the epoch); the next try comes after `retryIn` ms. */
  | {
      readonly type: 'lost';
      readonly side: Side;
      readonly problem: Problem;
      readonly failures: number;
      readonly since: number;
      readonly retryIn: number;
    }
  /** The first success after failures, `after` ms of them. */
  | { readonly type: 'found'; readonly side: Side; readonly after: number }
  | Extract<Event, { type: 'process' | 'problem' }>;

export type RegistrarReport = (event: RegistrarEvent) => void;
