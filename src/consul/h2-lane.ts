import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { coded } from './h2-dial.ts';

/** So many streams a connection carries at most, whatever the other side would take: as many as Consul 1.8 allows. */
export const streamsEach = 250;

/** One connection and the streams on it. What ended, or is about to (GOAWAY), has no room for more. */
export class Lane {
  readonly #session: ClientHttp2Session;
  /** There may be room where there was none. */
  readonly #onRoom: () => void;
  readonly #patience: number;
  #taken = 0;
  #isDoubtful = false;

  /** `patience`: how long a connection may be silent that is asked whether it lives, in ms. */
  constructor(session: ClientHttp2Session, patience: number, onRoom: () => void) {
    this.#session = session;
    this.#patience = patience;
    this.#onRoom = onRoom;
  }

  /** How many streams may be open at once. */
  get streams(): number {
    return Math.min(this.#session.remoteSettings.maxConcurrentStreams ?? streamsEach, streamsEach);
  }

  get hasRoom(): boolean {
    const { closed, destroyed } = this.#session;
    return !closed && !destroyed && !this.#isDoubtful && this.#taken < this.streams;
  }

  /** Only while there is room. The process stays for its streams, and not for an idle connection. */
  open(headers: OutgoingHttpHeaders, hasBody: boolean): ClientHttp2Stream {
    const stream = this.#session.request(headers, { endStream: !hasBody });
    if (this.#taken === 0) this.#session.ref();
    this.#taken += 1;
    stream.once('close', () => {
      this.#taken -= 1;
      if (this.#taken === 0) this.#session.unref();
      this.#onRoom();
    });
    return stream;
  }

  /** A request on it was not answered in time. Unless it answers itself, all on it fail. */
  doubt(): void {
    if (this.#isDoubtful || this.#session.destroyed) return;
    this.#isDoubtful = true;
    const deadline = setTimeout(() => this.#session.destroy(coded('ETIMEDOUT')), this.#patience);
    deadline.unref();
    this.#session.ping(() => {
      clearTimeout(deadline);
      this.#isDoubtful = false;
      this.#onRoom();
    });
  }
}
