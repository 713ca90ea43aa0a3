import { systemClock } from '../pipeline/clock.ts';
import type { Outcome } from '../pipeline/outcome.ts';
import { sentence } from '../pipeline/problem.ts';
import type { Pass } from '../pipeline/reconcile.ts';
import { changeLines } from '../report/change-lines.ts';
import { duration, printable } from '../report/line.ts';
import { noticeLine } from '../report/notice-line.ts';
import type { OnceOptions } from './io.ts';
import { unitParts } from './present-unit.ts';

/** What came of nginx's files, and of those of other programs by name. */
export interface Passes extends Pass {
  readonly units: ReadonlyMap<string, Pass>;
}

/** 0 done or accepted, 1 failed or rejected, 2 would change (where that is asked for): of several, the worst. */
export function exitCodeOf({ units, ...pass }: Passes, options: OnceOptions): number {
  const codes = [pass, ...units.values()].map(({ outcome }) => codeOf(outcome, options));
  return codes.includes(1) ? 1 : Math.max(...codes);
}

function codeOf(outcome: Outcome, { exitCode }: OnceOptions): number {
  switch (outcome.kind) {
    case 'accepted':
      return exitCode && outcome.files.length > 0 ? 2 : 0;
    case 'published':
    case 'unchanged':
      return 0;
    default:
      return 1;
  }
}

/** One JSON document: the outcome as it is, and the notices; of each unit the same. */
export function presentJson({ units, ...pass }: Passes): string {
  const whole = ({ outcome, notices }: Pass) => ({ outcome, notices });
  const others = Object.fromEntries([...units].map(([name, one]) => [name, whole(one)]));
  return `${JSON.stringify({ ...whole(pass), units: others }, undefined, 2)}\n`;
}

/** Notices first, then who comes and goes, the files' diffs, and in the last line what it comes to. */
export function presentText({ outcome, notices, units }: Passes): string {
  const now = systemClock.now();
  const parts = [
    lines(notices.map((notice) => noticeLine(notice, now))),
    ...outcomeParts(outcome),
    ...[...units].flatMap(([name, pass]) => unitParts(name, pass.outcome)),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function outcomeParts(outcome: Outcome): string[] {
  switch (outcome.kind) {
    case 'accepted': {
      const { changes, files, warnings, steps } = outcome;
      const verdict = `nginx accepts it (tested in ${duration(steps.test ?? 0)})`;
      return [
        changes.length === 0 ? '' : lines(changeLines(changes)),
        ...files.map(({ patch }) => patch.trimEnd()),
        warnings.map((warning) => `nginx warns: ${warning}`).join('\n'),
        files.length === 0
          ? `Nothing would change: ${verdict}.`
          : `Would change ${files.map(({ path }) => path).join(', ')}: ${verdict}. Nothing was touched; --apply does it.`,
      ];
    }
    case 'published': {
      const { changes, release, proof, steps } = outcome;
      const result =
        proof.kind === 'proven' && 'workers' in proof
          ? `Release ${release.digest} is live: ${proof.pushed ? 'no reload was needed' : 'nginx reloaded'} and ${proof.workers} workers run it (${duration(steps.prove ?? 0)}).`
          : `Release ${release.digest} is published, and what nginx starts with. Nothing was reloaded: ${proof.kind === 'proven' || proof.problem === undefined ? 'nginx is not running' : sentence(proof.problem)}.`;
      return [lines(changeLines(changes)), result];
    }
    case 'unchanged':
      return [`Nothing to change: release ${outcome.release.digest} is what there is.`];
    case 'rejected':
      return [
        `Rejected at ${outcome.stage}; nothing was changed.`,
        outcome.problems.map(sentence).join('\n'),
      ];
    case 'rolledBack':
      return [`Rolled back to ${outcome.to?.digest ?? 'nginx without upsync'}.`, sentence(outcome.problem)];
    case 'failed':
      return [`Failed at ${outcome.step}.`, sentence(outcome.problem)];
    case 'superseded':
      return ['Consul changed meanwhile.'];
    case 'held':
      return [`Held: ${outcome.why}.`];
    case 'waiting':
    case 'lacking':
      return [printable(`Waiting for ${outcome.missing.join(', ')}.`)];
  }
}

function lines(texts: readonly { readonly text: string }[]): string {
  return texts.map(({ text }) => printable(text)).join('\n');
}
