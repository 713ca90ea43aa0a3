import { addressesOf, addressOwners, isTaken } from './addresses.ts';
import { type Case, type Decision, type Held, isUp, live, nodesOf, serve } from './decision.ts';
import { bigLoss, hold } from './hold.ts';
import { addressOf } from './instance.ts';
import { keep } from './keep.ts';
import type { Observation } from './observe.ts';
import type { Notice } from './outcome.ts';
import type { Plan } from './plan.ts';
import { subjectOf } from './protocol.ts';
import type { Query } from './query.ts';
import type { Snapshot } from './snapshot.ts';
import type { LeftOut, Server, View } from './view.ts';

/** Upstreams whose loss is held. */
export type Holds = ReadonlyMap<string, Held>;

export interface Guarded {
  readonly view: View;
  readonly notices: readonly Notice[];
  readonly holds: Holds;
  /** When a grace period or a kept server runs out, in ms since the epoch. */
  readonly wakeAt: number | undefined;
  /** What else has to be asked: who holds the addresses of kept servers now, and where host names lead. */
  readonly wants: readonly Query[];
}

/**
 * Decides what an upstream serves when Consul's answer alone would take traffic down: nothing healthy,
 * a service that has not answered, or a loss too big for one step (DESIGN 3.5). `before` is the view
 * that nginx was given last.
 */
export function guard(
  observations: readonly Observation[],
  before: View | undefined,
  snapshot: Snapshot,
  { guard: plan, admission }: Pick<Plan, 'guard' | 'admission'>,
  holds: Holds,
  now: number,
): Guarded {
  const known = new Map(before?.upstreams.map((upstream) => [upstream.name, upstream]));
  const lastOf = ({ plan: { name, service } }: Observation) => {
    const last = known.get(name);
    return last?.service === service ? last : undefined;
  };
  // Nothing happened where nginx has what Consul says: that is most of them.
  const isSettled = (one: Observation) => one.answered && lastOf(one) === live(one).upstream;
  const lastServers = observations.flatMap((one) => (isSettled(one) ? [] : (lastOf(one)?.servers ?? [])));
  const owners = addressOwners(new Set(lastServers.map(addressOf)), snapshot, admission);
  const had = addressesOf(before);
  const decisions = observations.map((observation) => {
    if (isSettled(observation)) return live(observation);
    const { name, service } = observation.plan;
    const last = lastOf(observation)?.servers ?? [];
    // Of a service that answers it is known whether it still has the address.
    const shares = observation.answered ? () => false : had;
    const taken = new Set(last.filter((server) => isTaken(server, service, owners, shares)));
    const usable = last.filter((server) => !taken.has(server));
    const decision = decide({ observation, last: usable, plan, held: holds.get(name), now });
    if (decision.upstream?.origin === 'live') return decision;
    // Who took an address is followed until nginx has given it up, or it would be kept again.
    return { ...decision, wants: [...decision.wants, ...nodesOf([...taken], observation.plan)] };
  });
  const times = decisions.flatMap((decision) => decision.wakeAt ?? []);
  return {
    view: {
      upstreams: decisions.flatMap((decision) => decision.upstream ?? []),
      routes: [],
      leftOut: observations.flatMap((observation) => observation.leftOut),
    },
    notices: [...decisions.flatMap((decision) => decision.notices), ...observations.flatMap(instanceNotices)],
    holds: new Map(
      decisions.flatMap(({ name, held }) => (held === undefined ? [] : [[name, held] as const])),
    ),
    wakeAt: times.length === 0 ? undefined : Math.min(...times),
    wants: [
      ...decisions.flatMap((decision) => decision.wants),
      ...observations.flatMap((observation) => observation.lookUps),
    ],
  };
}

function decide(one: Case): Decision {
  if (!one.observation.answered) return missing(one.observation, one.last);
  const loss = bigLoss(one);
  if (loss === undefined) return byPolicy(one);
  // A loss that grows gets the whole grace period anew.
  const losing = loss.losing.length;
  const held = one.held !== undefined && losing <= one.held.losing ? one.held : { since: one.now, losing };
  if (one.now < held.since + one.plan.grace) return hold(one, loss, held);
  // The mark stays until the loss has reached nginx: a rejected candidate must not start it anew.
  const decision = byPolicy(one);
  const notice: Notice = { kind: 'lost', upstream: decision.name, losing, of: loss.of };
  return { ...decision, notices: [notice, ...decision.notices], held };
}

function byPolicy(one: Case): Decision {
  const { plan, empty, servers } = one.observation;
  if (isUp(servers)) return live(one.observation);
  if (plan.onEmpty === 'keep') return keep(one);
  const notice = { ...subjectOf(plan), empty };
  return plan.onEmpty === 'down'
    ? { ...serve(one.observation, 'down', []), notices: [{ kind: 'down', ...notice }] }
    : { name: plan.name, notices: [{ kind: 'dropped', ...notice }], wants: [] };
}

function missing(observation: Observation, last: readonly Server[]): Decision {
  const notice: Notice = { kind: 'missing', ...subjectOf(observation.plan), servers: last.length };
  return { ...serve(observation, isUp(last) ? 'kept' : 'down', isUp(last) ? last : []), notices: [notice] };
}

function instanceNotices({ plan, fallback, leftOut, doubts }: Observation): Notice[] {
  const notices = (kind: 'leftOut' | 'doubtful', found: readonly LeftOut[]) =>
    found.map(({ upstream, key, reason }) => ({ kind, upstream, instance: key, reason }));
  const elsewhere: Notice[] =
    fallback === undefined ? [] : [{ kind: 'fallback', upstream: plan.name, datacenter: fallback }];
  return [...elsewhere, ...notices('leftOut', leftOut), ...notices('doubtful', doubts)];
}
