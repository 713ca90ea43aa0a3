import type { Admission } from './admission.ts';
import { addressOf, admit, type Instance, keyOf } from './instance.ts';
import type { UpstreamPlan } from './plan.ts';
import { type Query, queryKey } from './query.ts';
import { isHostAnswer, type Snapshot } from './snapshot.ts';
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
  /** Odd instances that were taken all the same. */
  readonly doubts: readonly LeftOut[];
  /** The host names of its instances. */
  readonly lookUps: readonly Query[];
  /** Some of them have not been looked up yet. */
  readonly isPending: boolean;
}

export function serviceQuery(plan: UpstreamPlan): Query {
  return { kind: 'service', service: plan.service, datacenter: plan.datacenter };
}

export function observe(
  plans: readonly UpstreamPlan[],
  admission: Admission,
  snapshot: Snapshot,
): Observation[] {
  return plans.map((plan) => {
    const answer = snapshot.get(queryKey(serviceQuery(plan)));
    const registrations = answer === undefined || isHostAnswer(answer) ? [] : answer.value;
    const seen = registrations
      .filter((one) => plan.tags.every((tag) => one.tags.includes(tag)))
      .map((one) => ({ key: keyOf(one), ...admit(one, admission, snapshot) }));
    const registered = seen.flatMap(({ instances }) => instances);
    const because = (key: string, reason: string | undefined) =>
      reason === undefined ? [] : [{ upstream: plan.name, key, reason }];
    return {
      plan,
      answered: answer !== undefined,
      registered,
      servers: serversOf(plan, registered),
      leftOut: seen.flatMap(({ key, refusal }) => because(key, refusal)),
      doubts: seen.flatMap(({ key, doubt }) => because(key, doubt)),
      lookUps: seen.flatMap(({ lookUp }) => lookUp ?? []),
      isPending: seen.some(({ isPending }) => isPending),
    };
  });
}

function serversOf(plan: UpstreamPlan, registered: readonly Instance[]): Server[] {
  const usable = registered.flatMap((instance) => {
    const state = stateOf(plan, instance);
    return state === undefined ? [] : [{ instance, state }];
  });
  const byAddress = new Map<string, (typeof usable)[number]>();
  for (const one of usable) {
    const address = addressOf(one.instance);
    const other = byAddress.get(address);
    if (other === undefined || (other.state === 'down' && one.state === 'up')) byAddress.set(address, one);
  }
  return [...byAddress.values()]
    .map(({ instance, state }): Server => {
      const { key, node, host, port, weight, tags, meta } = instance;
      return { key, node, host, port, weight: Math.max(1, weight), state, tags, meta };
    })
    .sort(byHostAndPort);
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
