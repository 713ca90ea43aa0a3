import type { Report } from '../pipeline/event.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { QueryKey } from '../pipeline/query.ts';
import type { ConsulAnswer } from '../pipeline/snapshot.ts';
import type { Client } from './client.ts';
import type { Failures } from './failures.ts';
import type { Tuning } from './options.ts';

/** What all that follows something for one feed shares. */
export interface Shared {
  readonly client: Client;
  readonly clock: Clock;
  readonly report: Report;
  readonly tuning: Tuning;
  /** How long ago the answering server may have heard from the leader, in ms. */
  readonly maxStale: number;
  /** How long a blocking query waits for a change, in ms. */
  readonly block: number;
  /** The newest good answers. */
  readonly answers: Map<QueryKey, ConsulAnswer>;
  /** All that fail now. */
  readonly failing: Set<Failures>;
  /** Called after a value entered the snapshot or changed in it, or came to count under a lower index. */
  readonly onChange: () => void;
}
