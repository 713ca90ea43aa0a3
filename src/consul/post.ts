import { Doze } from '../pipeline/doze.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { ConsulQuery } from '../pipeline/snapshot.ts';

/**
 * Where the watch of one query waits until it is to be read again, while what tells of changes is shared. A call
 * that comes during a read counts for the next one: that read may have been served before the change.
 */
export class Post {
  readonly query: ConsulQuery;
  /** When the last read began that was answered well; ms since the epoch. */
  readAt = Number.NEGATIVE_INFINITY;
  /** Its last read failed: it is tried again by itself. */
  isFailing = false;
  readonly #doze: Doze;
  #call: Call | undefined;

  constructor(query: ConsulQuery, clock: Clock) {
    this.query = query;
    this.#doze = new Doze(clock);
  }

  get isUrgent(): boolean {
    return this.#call?.isUrgent ?? false;
  }

  /** Resolves when the read that it asks for has ended, whatever came of it. */
  call(isUrgent: boolean): Promise<void> {
    this.#call ??= { isUrgent, ended: Promise.withResolvers() };
    this.#call.isUrgent ||= isUrgent;
    this.#doze.wake();
    return this.#call.ended.promise;
  }

  /** Until it is called; for `ms` at most. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#call === undefined) await this.#doze.sleep(ms, signal);
  }

  /** The call that the read which begins now is the answer to. */
  take(): Call | undefined {
    const call = this.#call;
    this.#call = undefined;
    return call;
  }
}

interface Call {
  /** It is known to have changed: it goes before those that may have, and the leader is asked. */
  isUrgent: boolean;
  readonly ended: PromiseWithResolvers<void>;
}
