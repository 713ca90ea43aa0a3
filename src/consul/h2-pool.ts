import { type Destination, dial } from './h2-dial.ts';
import { Lane, streamsEach } from './h2-lane.ts';

/** The connections to a Consul that speaks TLS: one more is opened where all have their full number of streams. */
export class Pool {
  readonly #to: Destination;
  readonly #maxConnections: number;
  readonly #onCapacity: () => void;
  readonly #stop = new AbortController();
  /** Those too that are about to end: Consul counts them. */
  readonly #lanes = new Set<Lane>();
  #opening: Promise<void> | undefined;
  #room = Promise.withResolvers<void>();
  #capacity: number;
  #isOld = false;

  /** `onCapacity` is called where that turns out to be another than was thought, before anything is sent. */
  constructor(to: Destination, maxConnections: number, onCapacity: () => void) {
    this.#to = to;
    this.#maxConnections = maxConnections;
    this.#onCapacity = onCapacity;
    this.#capacity = maxConnections * streamsEach;
  }

  /** How many requests may be under way at once. Until a connection tells, it is taken for Consul's. */
  get capacity(): number {
    return this.#capacity;
  }

  /**
   * Calls `send` with a connection that has room, or with undefined where Consul, or what stands before it, speaks
   * HTTP/1.1 alone. Rejects where none can be opened.
   */
  async use(send: (lane: Lane | undefined) => void): Promise<void> {
    while (!this.#isOld) {
      const free = this.#lanes.values().find(({ hasRoom }) => hasRoom);
      if (free !== undefined) return send(free);
      if (this.#lanes.size < this.#maxConnections) this.#opening ??= this.#open();
      await (this.#opening ?? this.#room.promise);
    }
    send(undefined);
  }

  close(): void {
    this.#stop.abort();
  }

  async #open(): Promise<void> {
    try {
      const session = await dial(this.#to, this.#stop.signal);
      if (session === undefined) {
        this.#isOld = true;
        this.#holds(this.#maxConnections);
        return;
      }
      const lane = new Lane(session, this.#to.timeout, () => this.#hasRoom());
      this.#lanes.add(lane);
      session.once('close', () => {
        this.#lanes.delete(lane);
        this.#hasRoom();
      });
      session.unref();
      this.#holds(this.#maxConnections * lane.streams);
    } finally {
      this.#opening = undefined;
    }
  }

  #holds(capacity: number): void {
    if (capacity === this.#capacity) return;
    this.#capacity = capacity;
    this.#onCapacity();
  }

  #hasRoom(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }
}
