import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, OutgoingHttpHeaders, RequestOptions } from 'node:http';
import { request as requestOld } from 'node:https';
import { coded } from './h2-dial.ts';
import type { Lane } from './h2-lane.ts';
import type { Pool } from './h2-pool.ts';

/** Nobody waits for the answer any more (RFC 9113, 7). */
const CANCEL = 8;

type Body = Buffer | string | undefined;

/**
 * What papi uses of a request of `node:https`, sent as a stream on one of a few connections. `response` and `error`
 * are told as there. Which connection that is, or that it goes over HTTP/1.1 after all, is known after `end`.
 */
export class StreamRequest extends EventEmitter {
  readonly #pool: Pool;
  readonly #options: RequestOptions;
  readonly #headers: OutgoingHttpHeaders;
  #cancel: (() => void) | undefined;
  #isDestroyed = false;

  constructor(pool: Pool, options: RequestOptions) {
    super();
    this.#pool = pool;
    this.#options = options;
    // papi's are in lower case, as HTTP/2 wants them.
    this.#headers = { ...(options.headers as OutgoingHttpHeaders) };
  }

  getHeader(name: string): unknown {
    return this.#headers[name];
  }

  /** papi keeps the time itself, and emits `timeout` here. */
  setTimeout(): void {}

  end(body: Body): void {
    const send = (lane: Lane | undefined) => {
      if (this.#isDestroyed) return;
      if (lane === undefined) this.#sendOld(body);
      else this.#sendOn(lane, body);
    };
    this.#pool.use(send).catch((error) => this.emit('error', error));
  }

  abort(): void {
    this.destroy();
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#cancel?.();
  }

  #sendOld(body: Body): void {
    const request = requestOld(this.#options);
    this.#cancel = () => request.destroy();
    request.on('response', (response) => this.emit('response', response));
    request.on('error', (error) => this.emit('error', error));
    request.end(body);
  }

  #sendOn(lane: Lane, body: Body): void {
    const { method, path, auth } = this.#options;
    const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
    const headers = { ...basic, ...this.#headers, ':method': method ?? 'GET', ':path': path ?? '/' };
    const stream = lane.open(headers, body !== undefined);
    let answer: Answer | undefined;
    let hasEnded = false;
    let failure: Error | undefined;
    this.#cancel = () => stream.close(CANCEL);
    this.once('timeout', () => lane.doubt());
    stream.once('response', (received) => {
      const found: Answer = new Answer(received);
      answer = found;
      this.emit('response', found);
      stream.on('data', (chunk) => found.emit('data', chunk));
    });
    stream.once('error', (error) => {
      failure = error;
    });
    stream.once('end', () => {
      hasEnded = true;
    });
    // It ends where it is cut off too: only its code tells.
    stream.once('close', () => {
      if (answer !== undefined && hasEnded && stream.rstCode === 0) answer.emit('end');
      else (answer ?? this).emit('error', failure ?? coded('ECONNRESET'));
    });
    if (body !== undefined) stream.end(body);
  }
}

/** What papi uses of a response. */
class Answer extends EventEmitter {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;

  constructor(headers: IncomingHttpHeaders & { readonly ':status'?: number | undefined }) {
    super();
    this.statusCode = headers[':status'] ?? 0;
    this.headers = headers;
  }
}
