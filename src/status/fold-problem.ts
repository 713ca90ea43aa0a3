import type { Problem } from '../pipeline/problem.ts';
import type { State } from './state.ts';

/** So many faults that ended nothing are remembered. */
const rememberedProblems = 20;

export function withProblem(state: State, problem: Problem, now: number): State {
  const problems = [...state.problems, { at: now, problem }].slice(-rememberedProblems);
  return { ...state, problems, counts: { ...state.counts, problems: state.counts.problems + 1 } };
}
