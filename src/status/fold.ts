import type { Event } from '../pipeline/event.ts';
import { serviceQueries } from '../pipeline/observe.ts';
import { queryKey } from '../pipeline/query.ts';
import { withProblem } from './fold-problem.ts';
import { foldQueries } from './fold-query.ts';
import { foldReconciled } from './fold-reconciled.ts';
import { foldUnit, unitsOf } from './fold-unit.ts';
import { noObservations, observed } from './histogram.ts';
import type { NginxState, State } from './state.ts';

export function freshState(version: string, now: number): State {
  return {
    version,
    startedAt: now,
    process: 'running',
    configured: undefined,
    queries: new Map(),
    serving: undefined,
    nginx: { state: 'unknown', release: undefined, draining: 0, problem: undefined },
    supervised: undefined,
    notices: [],
    waiting: undefined,
    blocked: undefined,
    releases: [],
    problems: [],
    listening: undefined,
    units: new Map(),
    counts: {
      passes: {},
      reloads: {},
      pushes: {},
      turns: { placed: 0, unplaced: 0 },
      rejected: { render: 0, test: 0 },
      problems: 0,
    },
    changeToLive: noObservations,
    turns: noObservations,
    steps: {},
    pulse: { passSince: undefined, lookedAt: undefined },
  };
}

/**
 * The state after an event at `now` (ms since the epoch). It asks nobody, and what an event does not touch
 * stays the same object: that is how those who present it tell what changed.
 */
export function fold(state: State, event: Event, now: number): State {
  switch (event.type) {
    case 'answered':
    case 'answeredSame':
    case 'queryFailed':
    case 'queryRecovered':
    case 'forgotten':
      return { ...state, queries: foldQueries(state.queries, [[event, now]]) };
    case 'configured':
      return foldConfigured(state, event);
    case 'unit':
      return foldUnit(state, event, now);
    case 'process':
      return event.state === 'stopping' ? { ...state, process: 'stopping' } : state;
    case 'supervised':
      return { ...state, supervised: event.nginx };
    case 'found':
      return { ...state, serving: event.release };
    case 'passBegan':
      return { ...state, pulse: { ...state.pulse, passSince: now } };
    case 'progress':
      return state;
    case 'applied':
      return foldApplied(state, event);
    case 'reconciled':
      return foldReconciled(state, event, now);
    case 'observed':
      return { ...foldObserved(state, event), pulse: { ...state.pulse, lookedAt: now } };
    case 'gateway':
    case 'replaced':
    case 'watching':
      return state;
    case 'listening':
      return { ...state, listening: { at: event.at, problem: event.problem } };
    case 'placed':
      return foldTurn(state, event);
    case 'unplaced':
      return foldTurn(withProblem(state, event.problem, now), event);
    case 'problem':
      return withProblem(state, event.problem, now);
  }
}

function foldTurn(state: State, { type, after }: Extract<Event, { type: 'placed' | 'unplaced' }>): State {
  const { turns } = state.counts;
  const counts = { ...state.counts, turns: { ...turns, [type]: turns[type] + 1 } };
  return { ...state, counts, turns: observed(state.turns, after) };
}

/** Answers to what is asked again stay: they are as good as they were. */
function foldConfigured(state: State, event: Extract<Event, { type: 'configured' }>): State {
  const wanted = new Set(event.upstreams.flatMap((upstream) => serviceQueries(upstream).map(queryKey)));
  const queries = new Map([...state.queries].filter(([key]) => wanted.has(key)));
  const pulse = { ...state.pulse, passSince: undefined };
  const units = unitsOf(state.units, event.units ?? []);
  return { ...state, configured: event, queries, listening: undefined, units, pulse };
}

function foldApplied(state: State, { digest, proof, pushed }: Extract<Event, { type: 'applied' }>): State {
  const by = pushed === true ? 'pushes' : 'reloads';
  const before = state.counts[by];
  const counts = { ...state.counts, [by]: { ...before, [proof]: (before[proof] ?? 0) + 1 } };
  if (proof !== 'proven') return { ...state, counts };
  return {
    ...state,
    counts,
    nginx: { ...state.nginx, state: 'running', release: digest, problem: undefined },
  };
}

function foldObserved(state: State, { running }: Extract<Event, { type: 'observed' }>): State {
  const problem = 'problem' in running ? running.problem : undefined;
  const nginx: NginxState =
    running.kind === 'running'
      ? { state: 'running', release: running.digest, draining: running.draining, problem }
      : { state: 'stopped', release: undefined, draining: 0, problem };
  return isSame(nginx, state.nginx) ? state : { ...state, nginx };
}

function isSame(a: NginxState, b: NginxState): boolean {
  return (
    a.state === b.state &&
    a.release === b.release &&
    a.draining === b.draining &&
    a.problem?.what === b.problem?.what
  );
}
