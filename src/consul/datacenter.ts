import { type NodeQuery, queryKey, type ServiceQuery } from '../pipeline/query.ts';
import { type ConsulQuery, isRegistered } from '../pipeline/snapshot.ts';
import { Failures } from './failures.ts';
import type { Post } from './post.ts';
import type { Shared } from './shared.ts';
import { Sweeps } from './sweeps.ts';
import { type Moved, moved, ofChecks, ofNodes, ofServices, type Traces, together } from './traces.ts';
import { followTrigger, type Trigger } from './trigger.ts';
import type { Turns } from './turns.ts';

/** How many connections the triggers of one datacenter hold. */
export const triggersEach = 3;

interface Datacenter {
  /** Empty: the agent's own. */
  readonly datacenter: string;
  /** Of the queries that ask it. */
  readonly posts: () => readonly Post[];
  readonly turns: Turns;
  /** Without them, all is read again and again. */
  readonly hasTriggers: boolean;
}

/**
 * Calls the posts of one datacenter when their queries are to be read again, until `signal` aborts. What tells, measured
 * with Consul 1.8.7:
 *
 *   checks     `/v1/health/state/any`, less what passes: health, maintenance. Small, and so asked for at each change of
 *              any check, its output included.
 *   services   `/v1/catalog/services`: its index moves with any registration, its body with names and tags alone. Then all
 *              checks are read once: those that came and went name the services. Where they do not explain the new index, as
 *              for a weight, a port, meta or an instance without checks, all is read.
 *   nodes      `/v1/catalog/nodes`: addresses.
 *
 * None of them alone would do. Two changes may come as one, and one server may lag behind the other: so all
 * is read once more a while after each registration. While a trigger fails, all is read again and again.
 */
export function followDatacenter(
  { datacenter, posts, turns, hasTriggers }: Datacenter,
  shared: Shared,
  signal: AbortSignal,
): void {
  const { client, answers, clock } = shared;
  const sweeps = new Sweeps(posts, clock, shared.tuning);
  const lost = new Set<string>();
  let allChecks: Traces | undefined;

  const concerned = (what: Moved) => posts().filter((post) => concerns(what, post));
  const callAll = (called: readonly Post[]) => Promise.all(called.map((post) => post.call(true)));

  function concerns({ services, nodes }: Moved, { query }: Post): boolean {
    if (query.kind === 'node') return nodes.has(query.node.toLowerCase());
    if (query.kind !== 'service') return false;
    if (services.has(query.service.toLowerCase())) return true;
    if (nodes.size === 0) return false;
    // What a filter leaves out for now may come in by its node's meta.
    if (query.filter) return true;
    const answer = answers.get(queryKey(query));
    const instances = isRegistered(answer) ? answer.value : [];
    return instances.some(({ node }) => nodes.has(node.toLowerCase()));
  }

  async function readChecks(): Promise<Traces> {
    return ofChecks((await client.checks(datacenter, { all: true }, signal)).json());
  }

  /**
   * Whether a service of the called, read again, has come to this index: then that was the change. A node comes to it with
   * every change on it.
   */
  async function explain(called: readonly Post[], index: bigint, at: number): Promise<void> {
    await callAll(called);
    const isExplained = called.some(
      ({ query }) => query.kind === 'service' && BigInt(answers.get(queryKey(query))?.index ?? 0) >= index,
    );
    if (!isExplained) sweeps.soon(at);
  }

  function trigger(name: string, of: Told): void {
    const key = `${name}:all${datacenter === '' ? '' : `@${datacenter}`}`;
    // However many services fail with it: theirs is the connection by which all are found again.
    const alone = { ...shared, failing: new Set<Failures>() };
    const failures = new Failures(key, alone, 'services are asked in turn');
    const full: Trigger = {
      ...of,
      failures,
      async anew(at) {
        await of.anew?.();
        lost.delete(name);
        sweeps.blind(lost.size > 0);
        sweeps.soon(at);
      },
      lost() {
        lost.add(name);
        sweeps.blind(true);
      },
    };
    void holding(turns, () => followTrigger(full, shared, signal)).finally(() => failures.forget());
  }

  void sweeps.run(signal);
  if (!hasTriggers) {
    sweeps.blind(true);
    return;
  }
  trigger('checks', {
    where: client.whereAll('checks'),
    read: (after, stop) => client.checks(datacenter, { after }, stop),
    traces: ofChecks,
    moved: async (what) => void callAll(concerned(what)),
  });
  trigger('nodes', {
    where: client.whereAll('nodes'),
    read: (after, stop) => client.nodes(datacenter, { after }, stop),
    traces: ofNodes,
    moved: async (what) => void callAll(concerned(what)),
  });
  trigger('services', {
    where: client.whereAll('services'),
    read: (after, stop) => client.services(datacenter, { after }, stop),
    traces: ofServices,
    async anew() {
      allChecks = await readChecks();
    },
    async moved(what, index, at) {
      sweeps.later();
      const checks = await readChecks();
      const before = allChecks;
      allChecks = checks;
      const all = before === undefined ? what : together(what, moved(before, checks));
      // A node's registrations are asked for where an address may be another's now, and no check tells of that.
      const called = posts().filter((post) => post.query.kind === 'node' || concerns(all, post));
      void explain(called, index, at);
    },
  });
}

/**
 * Whether the triggers tell of it. They know services and nodes as the token itself belongs: of another namespace or
 * partition, of another cluster, and of keys they say nothing.
 */
export function isTold(query: ConsulQuery): query is ServiceQuery | NodeQuery {
  if (query.namespace || query.partition) return false;
  return query.kind === 'node' || (query.kind === 'service' && !query.peer);
}

/** Its connection is nobody else's. */
async function holding(turns: Turns, work: () => Promise<void>): Promise<void> {
  await turns.take();
  await work();
  turns.give();
}

type Told = Pick<Trigger, 'where' | 'read' | 'traces' | 'moved'> & { anew?(): Promise<void> };
