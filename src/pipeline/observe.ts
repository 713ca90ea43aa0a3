import type { Admission } from './admission.ts';
import { admitted, type Seen } from './admitted.ts';
import { addressOf, type Instance } from './instance.ts';
import { perObject, whileSame } from './memo.ts';
import type { Emptiness } from './outcome.ts';
import type { UpstreamPlan } from './plan.ts';
import { type Query, queryKey } from './query.ts';
import { isRegistered, type Snapshot } from './snapshot.ts';
import type { LeftOut, Server } from './view.ts';

/** What Consul says of one upstream now, before any policy. */
export interface Observation {
  readonly plan: UpstreamPlan;
  /** False until its service has answered once. */
  readonly answered: boolean;
  /** Every usable registration that carries the upstream's tags, whatever its health. */
  readonly registered: readonly Instance[];
  /** Those of them that nginx should know, sorted by address; each address stands once. */
  readonly servers: readonly Server[];
  readonly leftOut: readonly LeftOut[];
  /** Why nothing can serve, where nothing can. */
  readonly empty: Emptiness;
  /** Odd instances that were taken all the same. */
  readonly doubts: readonly LeftOut[];
  /** The host names of its instances. */
  readonly lookUps: readonly Query[];
  /** Some of them have not been looked up yet. */
  readonly isPending: boolean;
}

export const serviceQuery = perObject(
  ({ service, datacenter }: UpstreamPlan): Query => ({ kind: 'service', service, datacenter }),
);

/** While an answer is the same, so is the observation: the very object. */
export function observe(
  plans: readonly UpstreamPlan[],
  admission: Admission,
  snapshot: Snapshot,
): Observation[] {
  return plans.map((plan) => {
    const answer = snapshot.get(queryKey(serviceQuery(plan)));
    return observationOf(plan)(isRegistered(answer) ? admitted(answer, admission, snapshot) : undefined);
  });
}

/** `seen` is undefined until its service has answered. */
const observationOf = perObject((plan: UpstreamPlan) =>
  whileSame((seen: readonly Seen[] | undefined): Observation => {
    const all = seen ?? [];
    const tagged = all.filter(({ registration: { tags } }) => plan.tags.every((tag) => tags.includes(tag)));
    const registered = tagged.flatMap(({ instances }) => instances);
    const servers = serversOf(plan, registered);
    const because = (key: string, reason: string | undefined) =>
      reason === undefined ? [] : [{ upstream: plan.name, key, reason }];
    return {
      plan,
      answered: seen !== undefined,
      registered,
      servers: servers.map(({ server }) => server),
      empty: emptiness(all.length, tagged.length, registered),
      leftOut: [
        ...tagged.flatMap(({ key, refusal }) => because(key, refusal)),
        ...servers.flatMap(({ server, twins }) =>
          twins.flatMap((key) => because(key, `${addressOf(server)} is registered as ${server.key} too`)),
        ),
      ],
      doubts: tagged.flatMap(({ key, doubt }) => because(key, doubt)),
      lookUps: tagged.flatMap(({ lookUp }) => lookUp ?? []),
      isPending: tagged.some(({ isPending }) => isPending),
    };
  }),
);

function emptiness(all: number, tagged: number, registered: readonly Instance[]): Emptiness {
  if (all === 0) return { why: 'none registered', registered: 0 };
  if (tagged === 0) return { why: 'other tags', registered: all };
  if (registered.length === 0) return { why: 'left out', registered: tagged };
  const maintained = registered.every(({ health }) => health === 'maintenance');
  return { why: maintained ? 'maintenance' : 'unhealthy', registered: registered.length };
}

/** What nginx is to know, and by their keys those who registered the same address once more. */
interface Placed {
  readonly server: Server;
  readonly twins: readonly string[];
}

function serversOf(plan: UpstreamPlan, registered: readonly Instance[]): Placed[] {
  const usable = registered.flatMap((instance) => {
    const state = stateOf(plan, instance);
    return state === undefined ? [] : [serverOf(instance, state)];
  });
  return [...Map.groupBy(usable, addressOf).values()]
    .map((same): Placed => {
      const [first, ...others] = same.toSorted((a, b) =>
        a.state === b.state ? 0 : a.state === 'up' ? -1 : 1,
      );
      if (first === undefined) throw new Error('a group holds one at least');
      return { server: first, twins: others.map(({ key }) => key) };
    })
    .sort((a, b) => byHostAndPort(a.server, b.server));
}

function serverOf({ key, node, host, port, weight, tags, meta }: Instance, state: Server['state']): Server {
  return { key, node, host, port, weight: Math.max(1, weight), state, tags, meta };
}

/** `down` for what drains (maintenance), undefined for what nginx need not know. */
function stateOf(plan: UpstreamPlan, { health, weight }: Instance): Server['state'] | undefined {
  switch (health) {
    case 'maintenance':
      return 'down';
    case 'warning':
      return plan.onWarning === 'use' && weight > 0 ? 'up' : undefined;
    case 'passing':
      return weight > 0 ? 'up' : undefined;
    default:
      return undefined;
  }
}

export function byHostAndPort(a: Server, b: Server): number {
  return a.host < b.host ? -1 : a.host > b.host ? 1 : a.port - b.port;
}
