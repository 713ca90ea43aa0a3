import type { Admission } from './admission.ts';
import { admitted, type Seen } from './admitted.ts';
import { addressOf, type Instance } from './instance.ts';
import { perObject, whileSame } from './memo.ts';
import type { Emptiness } from './outcome.ts';
import type { UpstreamPlan } from './plan.ts';
import { type Query, queryKey, type ServiceQuery } from './query.ts';
import { type Claimed, claimsOf } from './routes.ts';
import { isRegistered, type Snapshot } from './snapshot.ts';
import type { LeftOut, Server } from './view.ts';

/** What Consul says of one upstream now, before any policy. */
export interface Observation {
  readonly plan: UpstreamPlan;
  /** False until its service has answered once: for good servers in one of its datacenters, or in all of them. */
  readonly answered: boolean;
  /** Every usable registration that carries the upstream's tags, whatever its health, in all its datacenters. */
  readonly registered: readonly Instance[];
  /** Those of them that nginx should know, sorted by address; each address stands once. */
  readonly servers: readonly Server[];
  /** The datacenter that they are in, where nothing can serve in those before it. */
  readonly fallback?: string;
  readonly leftOut: readonly LeftOut[];
  /** Why nothing can serve, where nothing can. */
  readonly empty: Emptiness;
  /** Odd instances that were taken all the same. */
  readonly doubts: readonly LeftOut[];
  /** The host names of its instances. */
  readonly lookUps: readonly Query[];
  /** Some of them have not been looked up yet, or a datacenter has not answered that would count before the others. */
  readonly isPending: boolean;
  /** The routes that instances ask for, where the upstream may have one. */
  readonly claims: readonly Claimed[];
}

/** What is asked for an upstream: one query for each of its datacenters, in the order in which they count. */
export const serviceQueries = perObject((plan: UpstreamPlan): readonly ServiceQuery[] => {
  const { service, datacenter, fallback = [], filter = '', namespace = '', partition = '', peer = '' } = plan;
  const more = Object.entries({ filter, namespace, partition, peer }).filter(([, value]) => value !== '');
  const narrowed = Object.fromEntries(more);
  return [datacenter, ...fallback].map((each) => ({
    kind: 'service',
    service,
    datacenter: each,
    ...narrowed,
  }));
});

/** While an answer is the same, so is the observation: the very object. */
export function observe(
  plans: readonly UpstreamPlan[],
  admission: Admission,
  snapshot: Snapshot,
): Observation[] {
  return plans.map((plan) => {
    const answers = serviceQueries(plan).map((query) => snapshot.get(queryKey(query)));
    return observationOf(plan)(
      ...answers.map((answer) => (isRegistered(answer) ? admitted(answer, admission, snapshot) : undefined)),
    );
  });
}

/** What was seen in each datacenter of the upstream; undefined where its service has not been answered for. */
const observationOf = perObject((plan: UpstreamPlan) =>
  whileSame((...seen: readonly (readonly Seen[] | undefined)[]): Observation => {
    const carriesTags = ({ registration: { tags } }: Seen) => plan.tags.every((tag) => tags.includes(tag));
    const each = seen.map((one) => (one ?? []).filter(carriesTags));
    const tagged = each.flat();
    const registered = tagged.flatMap(({ instances }) => instances);
    const placed = each.map((one) =>
      serversOf(
        plan,
        one.flatMap(({ instances }) => instances),
      ),
    );
    // Where nothing can serve in any, what drains is all that there is.
    const at = placed.findIndex((one) => one.some(({ server }) => server.state === 'up'));
    const servers = placed[at] ?? serversOf(plan, registered);
    const because = (key: string, reason: string | undefined) =>
      reason === undefined ? [] : [{ upstream: plan.name, key, reason }];
    return {
      plan,
      answered: at >= 0 || seen.every((one) => one !== undefined),
      registered,
      servers: servers.map(({ server }) => server),
      ...(at > 0 ? { fallback: plan.fallback?.[at - 1] ?? '' } : {}),
      empty: emptiness(
        seen.reduce((sum, one) => sum + (one?.length ?? 0), 0),
        tagged.length,
        registered,
      ),
      leftOut: [
        ...tagged.flatMap(({ key, refusal }) => because(key, refusal)),
        ...servers.flatMap(({ server, twins }) =>
          twins.flatMap((key) => because(key, `${addressOf(server)} is registered as ${server.key} too`)),
        ),
      ],
      doubts: tagged.flatMap(({ key, doubt }) => because(key, doubt)),
      lookUps: tagged.flatMap(({ lookUp }) => lookUp ?? []),
      isPending:
        tagged.some(({ isPending }) => isPending) || seen.slice(0, at).some((one) => one === undefined),
      claims: plan.routed === true ? claimsOf(tagged) : [],
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

type Address = Pick<Server, 'host' | 'port'>;

export function byHostAndPort(a: Address, b: Address): number {
  return a.host < b.host ? -1 : a.host > b.host ? 1 : a.port - b.port;
}
