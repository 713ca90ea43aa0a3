import type { ConsulQuery } from '../pipeline/snapshot.ts';
import { connect, type Shared } from './connection.ts';
import { get, type Parameters } from './get.ts';
import type { ConsulOptions, Tuning } from './options.ts';
import { type Question, questionOf } from './question.ts';
import { type Reply, replyFrom } from './reply.ts';

/** How to read: at once unless `after`, an index past which Consul shall wait for a change. */
interface Read {
  readonly after?: bigint | undefined;
  /** Asks the leader, which asks a quorum: never out of date. */
  readonly consistent?: boolean;
  /** Asks the leader: not behind what any other server has told. */
  readonly leader?: boolean;
}

/** Every request throws a ProblemError, and nothing that it throws holds the token. */
export interface Client {
  /** The address that a query is read from, for people: without credentials. */
  where(query: ConsulQuery): string;
  query(query: ConsulQuery, read: Read, signal: AbortSignal): Promise<Reply>;
  /** All names of services that the token may see. */
  services(datacenter: string, read: Read, signal: AbortSignal): Promise<Reply>;
  nodes(datacenter: string, read: Read, signal: AbortSignal): Promise<Reply>;
  /** The checks that the token may see: of all, or of those that do not pass. */
  checks(datacenter: string, read: Read & { readonly all?: boolean }, signal: AbortSignal): Promise<Reply>;
  /** The address of what is read of a whole datacenter, for people. */
  whereAll(what: keyof typeof LISTS): string;
  /** The address of the cluster's leader; takes no right. */
  leader(signal: AbortSignal): Promise<Reply>;
  /** What the agent says of itself; takes the right to read agents, which nothing else here does. */
  self(signal: AbortSignal): Promise<Reply>;
  /** How many requests may be under way at once. */
  capacity(): number;
  /** Closes idle connections too. */
  close(): void;
}

/** What is read of Consul, through the `consul` package. `onCapacity` is called where that has changed. */
export function createClient(options: ConsulOptions, tuning: Tuning, onCapacity?: () => void): Client {
  const { consul, where, send, capacity, close } = connect(options, tuning, onCapacity);

  function ask(
    path: string,
    datacenter: string,
    read: Read,
    call: Call,
    signal: AbortSignal,
    { mayBeMissing = false, remedies }: Partial<Question> = {},
  ) {
    const parameters = {
      dc: datacenter || options.datacenter,
      ...(read.consistent ? { consistent: true } : { stale: options.stale && !read.leader }),
      ...(read.after === undefined ? {} : { index: String(read.after), wait: `${options.block}ms` }),
    };
    const wait = read.after === undefined ? 0 : options.block;
    const request = {
      path,
      wait,
      call: async (shared: Shared) => replyFrom(await call({ ...parameters, ...shared }), mayBeMissing),
      ...(remedies === undefined ? {} : { remedies }),
    };
    return send(request, signal);
  }

  return {
    where: (query) => where(questionOf(query).path),
    query(query, read, signal) {
      const question = questionOf(query);
      const call: Call = (parameters) => get(consul, question, parameters);
      return ask(question.path, query.datacenter, read, call, signal, question);
    },
    services: (datacenter, read, signal) =>
      ask(LISTS.services, datacenter, read, (parameters) => consul.catalog.service.list(parameters), signal),
    nodes: (datacenter, read, signal) =>
      ask(LISTS.nodes, datacenter, read, (parameters) => consul.catalog.node.list(parameters), signal),
    checks(datacenter, read, signal) {
      const filter = read.all ? {} : { filter: 'Status != "passing"' };
      const call: Call = (parameters) => consul.health.state({ state: 'any', ...filter, ...parameters });
      return ask(LISTS.checks, datacenter, read, call, signal);
    },
    whereAll: (what) => where(LISTS[what]),
    leader: (signal) => ask('/status/leader', '', {}, (shared) => consul.status.leader(shared), signal),
    self: (signal) => ask('/agent/self', '', {}, (shared) => consul.agent.self(shared), signal),
    capacity,
    close,
  };
}

const LISTS = {
  services: '/catalog/services',
  nodes: '/catalog/nodes',
  checks: '/health/state/any',
} as const;

type Call = (parameters: Parameters) => Promise<unknown>;
