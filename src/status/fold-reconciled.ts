import type { Event } from '../pipeline/event.ts';
import { few } from '../pipeline/few.ts';
import type { Outcome, Step } from '../pipeline/outcome.ts';
import type { Problem } from '../pipeline/problem.ts';
import { observed, withSteps } from './histogram.ts';
import { changeRecords, withRecord } from './release-record.ts';
import type { Blocked, State } from './state.ts';

/** nginx may find many faults in one candidate. */
const shownProblems = 10;

type Reconciled = Extract<Event, { type: 'reconciled' }>;

export function foldReconciled(before: State, event: Reconciled, now: number): State {
  const { outcome, notices } = event;
  const { passes } = before.counts;
  const state: State = {
    ...before,
    // A pass that only waits has not looked at anything.
    notices: outcome.kind === 'waiting' ? before.notices : notices,
    waiting: undefined,
    counts: {
      ...before.counts,
      passes: { ...passes, [outcome.kind]: (passes[outcome.kind] ?? 0) + 1 },
    },
    pulse: { ...before.pulse, passSince: undefined },
  };
  switch (outcome.kind) {
    case 'waiting':
      return {
        ...state,
        waiting: { why: `Consul has not answered for ${few(outcome.missing)}`, until: outcome.until },
      };
    case 'lacking':
      return { ...state, waiting: { why: few(outcome.missing), since: outcome.since } };
    case 'held':
      return { ...state, waiting: { why: outcome.why, until: outcome.until } };
    case 'unchanged':
      return { ...state, serving: outcome.release, blocked: undefined };
    case 'published':
      return foldPublished(state, outcome, event.changeToLive, now);
    case 'rejected': {
      const { stage, problems } = outcome;
      const rejected = { ...state.counts.rejected, [stage]: state.counts.rejected[stage] + 1 };
      return block({ ...state, counts: { ...state.counts, rejected } }, 'rejected', stage, problems, now);
    }
    case 'rolledBack':
      return foldRolledBack(state, outcome, now);
    case 'failed':
      return block(state, 'failed', outcome.step, [outcome.problem], now);
    case 'superseded':
    case 'accepted':
      return state;
  }
}

function foldPublished(
  state: State,
  { release, proof, changes, steps }: Extract<Outcome, { kind: 'published' }>,
  changeToLive: number | undefined,
  now: number,
): State {
  const live = proof.kind === 'proven' && 'workers' in proof ? proof : undefined;
  const isLive = live !== undefined;
  return {
    ...state,
    serving: release,
    blocked: undefined,
    changeToLive:
      isLive && changeToLive !== undefined ? observed(state.changeToLive, changeToLive) : state.changeToLive,
    steps: withSteps(state.steps, steps),
    releases: withRecord(state.releases, {
      digest: release.digest,
      at: now,
      result: isLive ? 'live' : 'published',
      changeToLive: isLive ? changeToLive : undefined,
      steps,
      by: live === undefined ? undefined : live.pushed === true ? 'push' : 'reload',
      workers: live?.workers,
      changes: changeRecords(changes),
      problem: undefined,
    }),
  };
}

function foldRolledBack(
  state: State,
  { release, to, problem }: Extract<Outcome, { kind: 'rolledBack' }>,
  now: number,
): State {
  const releases = withRecord(state.releases, {
    digest: release.digest,
    at: now,
    result: 'rolledBack',
    changeToLive: undefined,
    steps: {},
    by: undefined,
    workers: undefined,
    changes: [],
    problem,
  });
  return block({ ...state, releases, serving: to }, 'rolledBack', 'prove', [problem], now);
}

function block(state: State, by: Blocked['by'], at: Step, problems: readonly Problem[], now: number): State {
  return { ...state, blocked: blockedAfter(state.blocked, by, at, problems, now) };
}

/** Until a pass succeeds it is one block, however its reasons change. */
export function blockedAfter(
  before: Blocked | undefined,
  by: Blocked['by'],
  at: Step,
  problems: readonly Problem[],
  now: number,
): Blocked {
  const { since = now, times = 0 } = before ?? {};
  return { by, at, since, times: times + 1, problems: problems.slice(0, shownProblems) };
}
