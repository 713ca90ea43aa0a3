import type { Environment } from './environment.ts';
import type { Instance } from './node.ts';
import { untilKnown } from './registry.ts';
import { untilProven, untilServed } from './served.ts';

/** What a step did, and when. All times are by `performance.now()`. */
export interface Change {
  /** When it was done: where Consul has to find out by itself, it knows later than that. */
  readonly doneAt: number;
  readonly joined: readonly Instance[];
  readonly left: readonly Instance[];
  /** When the gateway had it, where the step saw that itself as no load ran yet. */
  readonly servedAt?: number;
}

export interface Step {
  /** In the table. */
  readonly name: string;
  readonly headline: string;
  readonly story: string;
  /** What Consul was told, from which on the time to live counts: "116 ms after …". Else it has to notice by itself. */
  readonly since?: string;
  /** The address of the node that dies: requests under way there may be lost. */
  readonly kills?: string;
  act(environment: Environment, signal: AbortSignal): Promise<Change>;
}

export const steps: readonly Step[] = [
  {
    name: 'node 1 serves',
    headline: 'Node 1 serves',
    story:
      'Its web1 and web2 are registered in Consul; until now the gateway answered 503. The load starts as soon as all of nginx is proven to have both.',
    since: 'its registration',
    async act({ nodes, gateway, status, load }, signal) {
      const joined = await nodes.get(1).register();
      const doneAt = joined[0]?.knownAt ?? 0;
      const servedAt = await untilServed(gateway.url, signal);
      await untilProven(status, signal);
      load.start();
      return { doneAt, joined, left: [], servedAt };
    },
  },
  joins(2),
  joins(3),
  {
    name: 'node 3 is killed',
    headline: 'Node 3 is killed',
    story:
      'SIGKILL to its Consul agent and services: nobody says goodbye. Until Consul notices, by gossip (quick here; 5 to 10 s by default), nginx sends requests that meet it to other nodes.',
    kills: '127.0.0.3',
    async act({ nodes, consul }, signal) {
      await nodes.get(3).kill();
      const doneAt = performance.now();
      const left = await Promise.all([
        untilKnown(consul, 'web1', 'node3', false, signal),
        untilKnown(consul, 'web2', 'node3', false, signal),
      ]);
      return { doneAt, joined: [], left };
    },
  },
  {
    name: "node 2's web1 is unhealthy",
    headline: 'An instance turns unhealthy',
    story: 'web1 on node 2 fails its health check (one a second), but still serves.',
    async act({ nodes, consul }, signal) {
      await nodes.get(2).setHealth('web1', false);
      const doneAt = performance.now();
      return { doneAt, joined: [], left: [await untilKnown(consul, 'web1', 'node2', false, signal)] };
    },
  },
  {
    name: "node 2's web1 recovers",
    headline: 'It recovers',
    story: 'web1 on node 2 passes its health check again.',
    async act({ nodes, consul }, signal) {
      await nodes.get(2).setHealth('web1', true);
      const doneAt = performance.now();
      return { doneAt, joined: [await untilKnown(consul, 'web1', 'node2', true, signal)], left: [] };
    },
  },
  {
    name: 'node 2 into maintenance',
    headline: 'Node 2 goes into maintenance',
    story: 'As by `consul maint -enable`: no new requests, and those under way end.',
    since: 'the call',
    async act({ nodes }) {
      const left = await nodes.get(2).maintenance(true);
      return { doneAt: left[0]?.knownAt ?? 0, joined: [], left };
    },
  },
  {
    name: 'node 2 is back',
    headline: 'Node 2 is back',
    story: 'As by `consul maint -disable`.',
    since: 'the call',
    async act({ nodes }) {
      const joined = await nodes.get(2).maintenance(false);
      return { doneAt: joined[0]?.knownAt ?? 0, joined, left: [] };
    },
  },
];

function joins(number: number): Step {
  return {
    name: `node ${number} joins`,
    headline: `Node ${number} joins`,
    story: `A Consul agent, web1 and web2 start on 127.0.0.${number}, and are registered.`,
    since: 'its registration',
    async act({ nodes }) {
      const node = await nodes.start(number);
      const joined = await node.register();
      return { doneAt: joined[0]?.knownAt ?? 0, joined, left: [] };
    },
  };
}
