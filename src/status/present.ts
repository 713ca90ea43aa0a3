import process from 'node:process';
import { addressOf } from '../pipeline/instance.ts';
import { perObject, whileSame } from '../pipeline/memo.ts';
import { serviceQuery } from '../pipeline/observe.ts';
import type { Notice } from '../pipeline/outcome.ts';
import type { UpstreamPlan } from '../pipeline/plan.ts';
import type { Problem } from '../pipeline/problem.ts';
import { queryKey } from '../pipeline/query.ts';
import type { Server, Upstream } from '../pipeline/view.ts';
import { bounds, type Histogram } from './histogram.ts';
import type { Status } from './schema.ts';
import type { QueryState, ReleaseRecord, State } from './state.ts';
import { consulState, isAlive, notReady } from './verdict.ts';
import { warnings } from './warnings.ts';

/** So many instances that were left out, or are odd, are named for each upstream. */
const namedInstances = 20;
/** Names and ids are as long as somebody made them. */
const longestName = 200;

/** The state as it is published, at `now` (ms since the epoch). */
export function statusOf(state: State, now: number): Status {
  const { version, startedAt, configured, nginx, serving, waiting, blocked, listening, counts } = state;
  const reasons = notReady(state, now);
  return {
    time: now,
    alive: isAlive(state, now),
    ready: reasons.length === 0,
    notReady: reasons,
    consul: consulState(state),
    warnings: warnings(state, now),
    version,
    pid: process.pid,
    startedAt,
    process: state.process,
    settings: { ...configured?.terms.settings },
    nginx: { ...nginx, release: nginx.release ?? null, problem: problemOrNull(nginx.problem) },
    release: serving === undefined ? null : { digest: serving.digest, time: Math.round(serving.time) },
    waiting: waiting === undefined ? null : { ...waiting, until: Math.round(waiting.until) },
    blocked: blocked === undefined ? null : { ...blocked, problems: blocked.problems.map(whole) },
    queries: Object.fromEntries([...state.queries].map(([key, query]) => [key, queryStatus(query)])),
    upstreams: upstreamsOf(configured?.upstreams ?? nobody, serving?.view.upstreams ?? nobody, state.notices),
    releases: Object.fromEntries(state.releases.map((record) => [record.number, releaseStatus(record)])),
    problems: state.problems.map(({ at, problem }) => ({ at, problem: whole(problem) })),
    listening:
      listening === undefined ? null : { at: listening.at, problem: problemOrNull(listening.problem) },
    counts: { ...counts, passes: { ...counts.passes }, reloads: { ...counts.reloads } },
    changeToLive: histogramStatus(state.changeToLive),
    steps: Object.fromEntries(
      Object.entries(state.steps).map(([step, times]) => [step, histogramStatus(times)]),
    ),
  };
}

const nobody: readonly never[] = [];

/** The bulk of it, 10,000 servers maybe: made anew only where something changed. */
const upstreamsOf = whileSame(
  (plans: readonly UpstreamPlan[], served: readonly Upstream[], notices: readonly Notice[]) => {
    const named = new Map(served.map((upstream) => [upstream.name, upstream]));
    const said = Map.groupBy(notices, (notice) => ('upstream' in notice ? notice.upstream : ''));
    return Object.fromEntries(
      plans.map((plan) => [
        plan.name,
        upstreamStatusOf(plan)(named.get(plan.name), said.get(plan.name) ?? nobody),
      ]),
    );
  },
);

const upstreamStatusOf = perObject((plan: UpstreamPlan) =>
  whileSame((served: Upstream | undefined, notices: readonly Notice[]) =>
    upstreamStatus(plan, served, notices),
  ),
);

function upstreamStatus(
  plan: UpstreamPlan,
  served: Upstream | undefined,
  notices: readonly Notice[],
): Status['upstreams'][string] {
  const servers = served?.servers ?? [];
  const leftOut = instances(notices, 'leftOut');
  return {
    service: plan.service,
    datacenter: plan.datacenter,
    query: queryKey(serviceQuery(plan)),
    origin: served?.origin ?? 'none',
    servers: servers.map(serverStatus),
    up: servers.filter(({ state }) => state === 'up').length,
    why: notices.map(reasonOf).find((reason) => reason !== null) ?? null,
    leftOut: leftOut.slice(0, namedInstances),
    leftOutCount: leftOut.length,
    doubtful: instances(notices, 'doubtful').slice(0, namedInstances),
  };
}

function reasonOf(notice: Notice): Status['upstreams'][string]['why'] {
  if ('reason' in notice) return null;
  return {
    kind: notice.kind,
    cause: 'empty' in notice ? notice.empty.why : null,
    registered: 'empty' in notice ? notice.empty.registered : null,
    losing: 'losing' in notice ? notice.losing : null,
    until: 'until' in notice && notice.until !== undefined ? Math.round(notice.until) : null,
  };
}

function instances(notices: readonly Notice[], kind: 'leftOut' | 'doubtful') {
  return notices.flatMap((notice) =>
    notice.kind === kind && 'instance' in notice
      ? [{ instance: short(notice.instance), reason: notice.reason }]
      : [],
  );
}

function serverStatus(server: Server): Status['upstreams'][string]['servers'][number] {
  const { key, node, weight, state, lostSince } = server;
  return {
    address: addressOf(server),
    node: short(node),
    instance: short(key),
    weight,
    state,
    lostSince: lostSince === undefined ? null : Math.round(lostSince),
  };
}

const queryStatus = perObject(({ answer, failing, errors }: QueryState): Status['queries'][string] => {
  const none = { passing: 0, warning: 0, critical: 0, maintenance: 0, unknown: 0 };
  return {
    answer: answer === undefined ? null : { ...answer, health: { ...none, ...answer.health } },
    failing:
      failing === undefined
        ? null
        : { ...failing, since: Math.round(failing.since), problem: whole(failing.problem) },
    errors,
  };
});

const releaseStatus = perObject(
  ({
    number: _,
    changeToLive,
    workers,
    problem,
    changes,
    steps,
    ...record
  }: ReleaseRecord): Status['releases'][string] => {
    const named = ({ count, servers }: ReleaseRecord['changes'][number]['joined']) => ({
      count,
      servers: servers.map(({ address, node }) => ({ address, node: short(node) })),
    });
    return {
      ...record,
      changeToLive: changeToLive === undefined ? null : tenths(changeToLive),
      steps: Object.fromEntries(Object.entries(steps).map(([step, ms]) => [step, tenths(ms)])),
      workers: workers ?? null,
      changes: changes.map((change) => ({
        ...change,
        joined: named(change.joined),
        left: named(change.left),
        changed: named(change.changed),
      })),
      problem: problemOrNull(problem),
    };
  },
);

function histogramStatus({ counts, sum, count }: Histogram): Status['changeToLive'] {
  const buckets = counts.map((count, at) => ({ le: bounds[at] ?? null, count }));
  return { buckets, sum: tenths(sum), count };
}

function tenths(ms: number): number {
  return Math.round(10 * ms) / 10;
}

function whole({ what, where, remedy }: Problem) {
  return { what, where: where ?? null, remedy: remedy ?? null };
}

function problemOrNull(problem: Problem | undefined) {
  return problem === undefined ? null : whole(problem);
}

function short(name: string): string {
  return name.length <= longestName ? name : `${name.slice(0, longestName)}…`;
}
