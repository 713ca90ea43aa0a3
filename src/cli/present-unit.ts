import type { Outcome } from '../pipeline/outcome.ts';
import { duration, printable } from '../report/line.ts';
import { unitLines } from '../report/unit-log.ts';

/** What came of the files of another program, in the words of the log; of a dry run the diffs, and what it comes to. */
export function unitParts(name: string, outcome: Outcome): string[] {
  if (outcome.kind === 'unchanged')
    return [`${name}: nothing to change, it has release ${outcome.release.digest}.`];
  if (outcome.kind !== 'accepted')
    return unitLines(outcome, undefined).map(({ text }) => printable(`${name}: ${text}`));
  const { files, steps } = outcome;
  const verdict = `they pass the test (${duration(steps.test ?? 0)})`;
  const paths = files.map(({ path }) => path).join(', ');
  return [
    ...files.map(({ patch }) => patch.trimEnd()),
    files.length === 0
      ? `${name}: nothing would change: ${verdict}.`
      : `${name}: would change ${paths}: ${verdict}.`,
  ];
}
