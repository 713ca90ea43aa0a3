import { EventEmitter } from 'node:events';
import { type IncomingHttpHeaders, IncomingMessage } from 'node:http';
import Consul from 'consul';
import { z } from 'zod';
import { ProblemError } from '../pipeline/problem.ts';
import type { ConsulQuery } from '../pipeline/snapshot.ts';
import { agentFor } from './agent.ts';
import { bounded, type Transport } from './bounded.ts';
import type { ConsulOptions, Tuning } from './options.ts';
import { requestProblem } from './request-problem.ts';

/** How to read: at once unless `after`, an index past which Consul shall wait for a change. */
interface Read {
  readonly after?: bigint;
  /** Asks the leader, which asks a quorum: never out of date. */
  readonly consistent?: boolean;
}

/** A 200 with JSON: nothing else of it is checked yet. */
interface Reply {
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** Every request throws a ProblemError, and nothing that it throws holds the token. */
export interface Client {
  /** The address that a query is read from, for people: without credentials. */
  where(query: ConsulQuery): string;
  query(query: ConsulQuery, read: Read, signal: AbortSignal): Promise<Reply>;
  /** All names of services that the token may see. */
  services(datacenter: string, signal: AbortSignal): Promise<Reply>;
  /** The address of the cluster's leader; takes no right. */
  leader(signal: AbortSignal): Promise<Reply>;
  /** What the agent says of itself; takes the right to read agents, which nothing else here does. */
  self(signal: AbortSignal): Promise<Reply>;
  /** Closes idle connections too. */
  close(): void;
}

declare module 'consul/lib/consul.js' {
  interface Consul {
    /** papi's extension point (its README, "_ext"); the types of `consul` leave its base class out. */
    _ext(event: 'onRequest', extend: (request: { transport: Transport }, next: () => void) => void): void;
  }
}

/** What the package resolves to when `ctx.includeResponse` is set. */
const Result = z.tuple([z.instanceof(IncomingMessage), z.unknown()]);

/** The `consul` package, each answer bounded in time and size, each error put in words. */
export function createClient(options: ConsulOptions, tuning: Tuning): Client {
  const { baseUrl, ...way } = wayTo(options.address);
  // The types of `consul` know neither `baseUrl` nor what is for papi; as a variable they pass.
  const settings = {
    ...way,
    baseUrl,
    agent: agentFor(baseUrl, options),
    headers: { 'user-agent': 'upsync' },
  };
  const consul = new Consul(settings);
  consul._ext('onRequest', (request, next) => {
    request.transport = bounded(request.transport, tuning.maxBody);
    next();
  });

  const where = (path: string) => `${way.socketPath ?? baseUrl.origin}${baseUrl.pathname}${path}`;

  /** `call` gets the parameters that all requests share. */
  async function ask(path: string, datacenter: string, read: Read, call: Call, signal: AbortSignal) {
    const token = await options.token();
    signal.throwIfAborted();
    const ctx = Object.assign(new EventEmitter(), { includeResponse: true });
    const cancel = () => ctx.emit('cancel');
    signal.addEventListener('abort', cancel);
    try {
      const result = await call({
        ctx,
        ...(token === undefined ? {} : { token }),
        dc: datacenter || options.datacenter,
        ...(read.consistent ? { consistent: true } : { stale: options.stale }),
        ...(read.after === undefined ? {} : { index: String(read.after), wait: `${options.block}ms` }),
        // Consul adds up to a sixteenth, so that not all queries end at once.
        timeout: options.timeout + (read.after === undefined ? 0 : options.block * (1 + 1 / 16)),
      });
      return replyFrom(result);
    } catch (error) {
      throw new ProblemError({ where: where(path), ...requestProblem(error, token) });
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  return {
    where: (query) => where(pathOf(query)),
    query(query, read, signal) {
      const call: Call =
        query.kind === 'service'
          ? (shared) => consul.health.service({ service: query.service, ...shared })
          : (shared) => consul.catalog.node.services({ node: query.node, ...shared });
      return ask(pathOf(query), query.datacenter, read, call, signal);
    },
    services(datacenter, signal) {
      const call: Call = (shared) => consul.catalog.service.list(shared);
      return ask('/catalog/services', datacenter, { consistent: true }, call, signal);
    },
    leader: (signal) => ask('/status/leader', '', {}, (shared) => consul.status.leader(shared), signal),
    self: (signal) => ask('/agent/self', '', {}, (shared) => consul.agent.self(shared), signal),
    close() {
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

function pathOf(query: ConsulQuery): string {
  return query.kind === 'service'
    ? `/health/service/${encodeURIComponent(query.service)}`
    : `/catalog/node/${encodeURIComponent(query.node)}`;
}

type Call = (shared: Parameters) => Promise<unknown>;

/** The package's types leave out all but the first two; its code passes them on. */
interface Parameters {
  readonly token?: string;
  readonly dc: string;
  readonly ctx: EventEmitter;
  readonly stale?: boolean;
  readonly consistent?: boolean;
  readonly index?: string;
  readonly wait?: string;
  readonly timeout: number;
}

function replyFrom(result: unknown): Reply {
  const [{ statusCode, headers }, body] = Result.parse(result);
  if (statusCode !== 200) throw new ProblemError({ what: `Consul answered ${statusCode}, not 200` });
  // papi decodes a body by its media type; any other arrives as text or bytes.
  const type = headers['content-type']?.split(';', 1)[0] ?? 'of no type';
  if (body === undefined || type.toLowerCase() !== 'application/json') {
    throw new ProblemError({
      what: body === undefined ? 'the answer has no body' : `the answer is ${type}, not JSON`,
      remedy: 'check that consul.address leads to a Consul agent',
    });
  }
  return { headers, body };
}
