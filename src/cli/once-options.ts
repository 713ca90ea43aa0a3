import type { Command } from 'commander';
import { ProblemError } from '../pipeline/problem.ts';
import type { OnceOptions } from './io.ts';

/** Whether `--once` was given, and what goes with it. Throws ProblemError where they do not go together. */
export function onceOptions(program: Command): OnceOptions & { readonly once: boolean } {
  const given = (name: string) => program.getOptionValue(name) === true;
  const options = {
    once: given('once'),
    apply: given('apply'),
    seed: given('seed'),
    exitCode: given('exitCode'),
    json: given('json'),
  };
  if (options.once && program.getOptionValue('exec') !== undefined) {
    throw new ProblemError({
      what: '--once ends after one pass, and --exec runs nginx',
      remedy: 'leave one of them out; --once --apply --seed writes what an nginx of others can start with',
    });
  }
  if (!options.once) {
    needs(options.apply, '--apply', '--once');
    needs(options.seed, '--seed', '--once --apply');
    needs(options.exitCode, '--exit-code', '--once');
    needs(options.json, '--json', '--once', "for the daemon's log write --log-format json");
  }
  if (!options.apply) needs(options.seed, '--seed', '--apply');
  if (options.apply && options.exitCode) {
    throw new ProblemError({
      what: '--exit-code tells whether something would change, and --apply changes it',
      remedy: 'leave one of them out',
    });
  }
  return options;
}

function needs(given: boolean, flag: string, other: string, remedy = `write ${other} ${flag}`): void {
  if (given) throw new ProblemError({ what: `${flag} goes with ${other}`, remedy });
}
