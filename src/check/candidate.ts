import type { Outcome, Verdict } from '../pipeline/outcome.ts';
import type { Attempt, Finding } from './finding.ts';
import { count, fail, ok, resultOf, warn } from './finding.ts';

export interface TestFacts {
  /** nginx's whole configuration as it is: with the live release, or with none where there is none. */
  readonly present: Attempt<Verdict>;
  readonly hasRelease: boolean;
  /** How a dry run ended, or why there could be none. */
  readonly dryRun: Attempt<Outcome>;
  /** How many files the templates made. */
  readonly files: number;
  /** Whether Consul answered for all: where it did not, the last known servers stand in. */
  readonly complete: boolean;
}

/** What nginx says of the configuration that is there, and of the one that upsync would write now. */
export function checkTests(facts: TestFacts): Finding[] {
  return [...checkPresent(facts), ...checkCandidate(facts)];
}

function checkPresent({ present, hasRelease, dryRun }: TestFacts): Finding[] {
  if ('problem' in present) return [fail('conf', present.problem)];
  const what = hasRelease ? 'with the live release' : "without upsync's part";
  if (present.value.kind === 'accepted') {
    return [
      ok('conf', `nginx accepts the whole configuration ${what}`),
      ...present.value.warnings.map((warning) => warn('conf', { what: `nginx warns: ${warning}` })),
    ];
  }
  const { problems } = present.value;
  // It names upstreams that a first release brings along.
  if (!hasRelease && resultOf(dryRun)?.kind === 'accepted') {
    return problems.map(({ what, where }) =>
      warn('release', {
        what: `nginx cannot start before there is one: ${what}`,
        ...(where !== undefined && { where }),
        remedy: 'run upsync with --once --apply --seed before nginx starts; it needs no Consul',
      }),
    );
  }
  return problems.map((problem) => fail('conf', problem));
}

function checkCandidate({ dryRun, files, complete }: TestFacts): Finding[] {
  if ('problem' in dryRun) return [fail('templates', dryRun.problem)];
  const outcome = dryRun.value;
  const rendered = files === 0 ? [] : [ok('templates', `${count(files, 'file')} rendered`)];
  const data = complete ? '' : ' (with the last known servers where Consul did not answer)';
  switch (outcome.kind) {
    case 'accepted': {
      const changed = outcome.files.map(({ path }) => path).join(', ');
      const change = changed === '' ? 'which is what there is' : `which would change ${changed}`;
      return [
        ...rendered,
        ok('candidate', `nginx accepts what upsync would write now${data}, ${change}`),
        ...outcome.warnings.map((warning) => warn('candidate', { what: `nginx warns: ${warning}` })),
      ];
    }
    case 'rejected':
      return outcome.stage === 'render'
        ? outcome.problems.map((problem) => fail('templates', problem))
        : [...rendered, ...outcome.problems.map((problem) => fail('candidate', problem))];
    case 'lacking':
      return [
        fail('templates', {
          what: `they wait for ${outcome.missing.join(', ')}: nothing goes live until it is there`,
          remedy: 'put it into Consul, see that the token may read it, or give a default with it.keyOr',
        }),
      ];
    case 'failed':
      return [...rendered, fail('candidate', outcome.problem)];
    default:
      return rendered;
  }
}
