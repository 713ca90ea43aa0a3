import { EventEmitter } from 'node:events';
import type { RequestOptions } from 'node:http';
import Consul from 'consul';
import { ProblemError } from '../pipeline/problem.ts';
import { agentFor, tlsSettings } from './agent.ts';
import { bounded, type Transport } from './bounded.ts';
import type { PapiGet } from './get.ts';
import { Pool } from './h2-pool.ts';
import { StreamRequest } from './h2-request.ts';
import type { ConsulOptions, Tuning } from './options.ts';
import { type Remedies, requestProblem, statusOf } from './request-problem.ts';
import type { Response } from './response.ts';

/** A request as papi is about to send it. */
interface Sent {
  transport: Transport;
  readonly opts: { buffer?: boolean };
}

declare module 'consul/lib/consul.js' {
  interface Consul {
    /** papi's extension point (its README, "_ext"); the types of `consul` leave its base class out. */
    _ext(event: 'onRequest', extend: (request: Sent, next: () => void) => void): void;
    /** papi's own; it resolves to the response, which has the body. */
    _get(options: PapiGet): Promise<Response>;
  }
}

/** The `consul` package, each answer bounded in time and size, each error put in words. */
export interface Connection {
  readonly consul: Consul;
  /** The address of a path, for people: without credentials. */
  where(path: string): string;
  /** Throws a ProblemError, a Refusal where Consul answers with an error; nothing in it holds the token. */
  send<R>(request: Request<R>, signal: AbortSignal): Promise<R>;
  /** How many requests may be under way at once; it is guessed over TLS until Consul was reached. */
  capacity(): number;
  /** Closes idle connections too. */
  close(): void;
}

interface Request<R> {
  readonly path: string;
  /** Calls the package with what all requests share. */
  readonly call: (shared: Shared) => Promise<R>;
  /** How long Consul may hold it, in ms; 0 unless told. */
  readonly wait?: number;
  readonly remedies?: Remedies;
}

/** The package's types leave out `ctx` and `timeout`; its code passes them on. */
export interface Shared {
  readonly token?: string;
  readonly ctx: EventEmitter;
  readonly timeout: number;
}

/** Consul was reached and does not do what was asked; Consul 1.8 answers 500 to much that is the request's own fault. */
export class Refusal extends ProblemError {}

/** `onCapacity` is called where that has changed. */
export function connect(
  options: ConsulOptions,
  tuning: Tuning,
  onCapacity: () => void = () => undefined,
): Connection {
  const { baseUrl, ...way } = wayTo(options.address);
  // The types of `consul` know neither `baseUrl` nor what is for papi; as a variable they pass.
  const settings = {
    ...way,
    baseUrl,
    agent: agentFor(baseUrl, options),
    headers: { 'user-agent': 'upsync' },
  };
  const consul = new Consul(settings);
  const { timeout, maxConnections, tls } = options;
  const pool =
    baseUrl.protocol === 'https:'
      ? new Pool({ url: baseUrl, tls: tlsSettings(tls), timeout }, maxConnections, onCapacity)
      : undefined;
  const streams = pool && { request: (sent: RequestOptions) => new StreamRequest(pool, sent) };
  consul._ext('onRequest', (request, next) => {
    request.transport = bounded(streams ?? request.transport, tuning.maxBody);
    // Bodies stay bytes: most are the same as the one before, and need no decoding.
    request.opts.buffer = true;
    next();
  });
  const where = (path: string) => `${way.socketPath ?? baseUrl.origin}${baseUrl.pathname}${path}`;

  return {
    consul,
    where,
    async send({ path, call, wait = 0, remedies }, signal) {
      const token = await options.token();
      signal.throwIfAborted();
      const ctx = Object.assign(new EventEmitter(), { includeResponse: true });
      const cancel = () => ctx.emit('cancel');
      signal.addEventListener('abort', cancel);
      try {
        return await call({
          ctx,
          ...(token === undefined ? {} : { token }),
          // Consul adds up to a sixteenth, so that not all queries end at once.
          timeout: timeout + wait * (1 + 1 / 16),
        });
      } catch (error) {
        const problem = { where: where(path), ...requestProblem(error, token, remedies) };
        const status = statusOf(error) ?? 0;
        throw status >= 400 && status !== 429 ? new Refusal(problem) : new ProblemError(problem);
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    },
    capacity: () => pool?.capacity ?? maxConnections,
    close() {
      pool?.close();
      consul.destroy();
    },
  };
}

/** Throws a ProblemError for an address that is none of Consul's. */
function wayTo(text: string): { readonly baseUrl: URL; readonly socketPath?: string } {
  // A path as it stands, as Consul's own clients take it: no URL, in which a % or # would mean something.
  const [, socketPath] = /^unix:\/\/(.+)$/s.exec(text) ?? [];
  if (socketPath !== undefined) return { baseUrl: new URL('http://localhost/v1'), socketPath };
  const address = new URL(text);
  if (address.protocol === 'http:' || address.protocol === 'https:') {
    return { baseUrl: new URL(`${address.pathname.replace(/\/$/, '')}/v1`, address) };
  }
  throw new ProblemError({
    where: 'consul.address',
    what: `${address.protocol} is no way to Consul`,
    remedy: 'use http://, https:// or unix://',
  });
}
