import process from 'node:process';
import { perObject } from '../pipeline/memo.ts';
import type { Problem } from '../pipeline/problem.ts';
import { followedOf } from './followed.ts';
import { bounds, type Histogram } from './histogram.ts';
import { short, upstreamsOf } from './present-upstreams.ts';
import type { Status } from './schema.ts';
import type { Blocked, QueryState, ReleaseRecord, State, UnitState } from './state.ts';
import { consulState, isAlive, notReady } from './verdict.ts';
import { warnings } from './warnings.ts';

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
    nginx: {
      ...nginx,
      via: configured?.terms.via ?? null,
      release: nginx.release ?? null,
      problem: problemOrNull(nginx.problem),
      own: ownStatus(state.supervised),
    },
    release: serving === undefined ? null : { digest: serving.digest, time: Math.round(serving.time) },
    waiting:
      waiting === undefined
        ? null
        : { why: waiting.why, until: 'until' in waiting ? Math.round(waiting.until) : null },
    blocked: blockedStatus(blocked),
    queries: Object.fromEntries([...state.queries].map(([key, query]) => [key, queryStatus(query)])),
    upstreams: upstreamsOf(followedOf(configured, serving?.view.upstreams), serving?.view, state.notices),
    releases: Object.fromEntries(state.releases.map((record) => [record.number, releaseStatus(record)])),
    problems: state.problems.map(({ at, problem }) => ({ at, problem: whole(problem) })),
    listening:
      listening === undefined ? null : { at: listening.at, problem: problemOrNull(listening.problem) },
    units: Object.fromEntries([...state.units].map(([name, unit]) => [name, unitStatus(unit)])),
    counts: {
      ...counts,
      passes: { ...counts.passes },
      reloads: { ...counts.reloads },
      pushes: { ...counts.pushes },
    },
    changeToLive: histogramStatus(state.changeToLive),
    turns: histogramStatus(state.turns),
    steps: Object.fromEntries(
      Object.entries(state.steps).map(([step, times]) => [step, histogramStatus(times)]),
    ),
  };
}

function unitStatus(unit: UnitState): Status['units'][string] {
  const { release = null, blocked, lacking, notices, passes } = unit;
  const isAside = notices.some(({ kind }) => kind === 'aside');
  return {
    upToDate: release !== null && blocked === undefined && lacking.length === 0 && !isAside,
    release,
    blocked: blockedStatus(blocked),
    lacking: [...lacking],
    passes: { ...passes },
  };
}

function blockedStatus(blocked: Blocked | undefined): Status['blocked'] {
  return blocked === undefined ? null : { ...blocked, problems: blocked.problems.map(whole) };
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
    by,
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
      by: by ?? null,
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

function ownStatus(own: State['supervised']): Status['nginx']['own'] {
  return own === undefined ? null : { state: own.kind, pid: 'pid' in own ? own.pid : null };
}

function whole({ what, where, remedy }: Problem) {
  return { what, where: where ?? null, remedy: remedy ?? null };
}

function problemOrNull(problem: Problem | undefined) {
  return problem === undefined ? null : whole(problem);
}
