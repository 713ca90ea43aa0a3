import { few, namedAtMost } from '../pipeline/few.ts';
import type { Outcome, Proof, StepTimes } from '../pipeline/outcome.ts';
import { type Problem, sentence } from '../pipeline/problem.ts';
import { changeLines } from './change-lines.ts';
import { duration, type Line } from './line.ts';

/** What a pass did, in words. `now` is in ms since the epoch. */
export function outcomeLines(outcome: Outcome, changeToLive: number | undefined, now: number): Line[] {
  switch (outcome.kind) {
    case 'waiting': {
      const { missing, since, until } = outcome;
      const text = `still waiting for Consul to answer for ${few(missing)}, ${duration(now - since)}; at most ${duration(until - now)} more`;
      const fields = { event: 'waiting', missing: missing.slice(0, namedAtMost), count: missing.length };
      return [{ level: 'info', text, fields }];
    }
    case 'lacking': {
      const { missing, since } = outcome;
      const text = `waiting for ${few(missing)}, which templates ask for, for ${duration(now - since)} now; nothing goes live meanwhile`;
      const fields = { event: 'lacking', missing: missing.slice(0, namedAtMost), count: missing.length };
      return [{ level: 'warn', text, fields }];
    }
    case 'unchanged':
      return [
        {
          level: 'debug',
          text: 'nothing to change',
          fields: { event: 'unchanged', digest: outcome.release.digest },
        },
      ];
    case 'superseded':
      return [{ level: 'debug', text: 'answers changed during the test', fields: { event: 'superseded' } }];
    case 'held': {
      const { why, until, queued } = outcome;
      const text = `waiting: ${why}${queued ? `; at most ${duration(until - now)} more` : ''}`;
      return [{ level: queued ? 'info' : 'debug', text, fields: { event: 'held', why } }];
    }
    case 'rejected':
      return outcome.problems.map((problem) =>
        failure('rejected', `rejected at ${outcome.stage}, nginx keeps what it has`, problem),
      );
    case 'rolledBack': {
      const to = outcome.to === undefined ? 'to nginx without upsync' : `to release ${outcome.to.digest}`;
      return [failure('rolledBack', `rolled back ${to}`, outcome.problem)];
    }
    case 'failed':
      return [failure('failed', `failed at ${outcome.step}, tried again soon`, outcome.problem)];
    case 'accepted':
      return [...changeLines(outcome.changes), ...warnings(outcome.warnings)];
    case 'published':
      return [
        ...changeLines(outcome.changes),
        ...warnings(outcome.warnings),
        {
          level: 'info',
          text: published(outcome.release.digest, outcome.proof, outcome.steps, changeToLive),
          fields: {
            event: 'published',
            digest: outcome.release.digest,
            proof: outcome.proof,
            changeToLive,
            steps: outcome.steps,
          },
        },
      ];
  }
}

function published(
  digest: string,
  proof: Exclude<Proof, { kind: 'unproven' }>,
  steps: StepTimes,
  changeToLive: number | undefined,
): string {
  if (proof.kind === 'proven' && !('workers' in proof)) return `release ${digest} is in place`;
  if (proof.kind === 'stopped') {
    const why = proof.problem === undefined ? 'nginx is not running' : sentence(proof.problem);
    return `release ${digest} is published, and what nginx starts with: ${why}`;
  }
  const when = changeToLive === undefined ? '' : ` ${duration(changeToLive)} after the change`;
  const draining =
    proof.draining === 0
      ? ''
      : `, ${proof.draining} older ${proof.draining === 1 ? 'one drains' : 'ones drain'}`;
  const timed = { test: steps.test, [proof.pushed ? 'push' : 'reload']: steps.prove };
  const parts = Object.entries(timed)
    .filter(([, ms]) => ms !== undefined)
    .map(([step, ms]) => `${step} ${duration(ms ?? 0)}`);
  return `release ${digest} is live${when} (${parts.join(', ')}), proven by ${proof.workers} worker${proof.workers === 1 ? '' : 's'}${draining}`;
}

function failure(event: string, text: string, problem: Problem): Line {
  return { level: 'error', text: `${text}: ${sentence(problem)}`, fields: { event, ...problem } };
}

function warnings(texts: readonly string[]): Line[] {
  return texts.map((text) => ({ level: 'warn', text: `nginx warns: ${text}`, fields: { event: 'warning' } }));
}
