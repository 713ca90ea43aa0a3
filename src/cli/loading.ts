import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { misspeltVariables } from '../config/variables.ts';
import { sentence } from '../pipeline/problem.ts';
import type { Io } from './io.ts';
import { givenFlags } from './program.ts';

/**
 * Reads the configuration that a command line asks for, anew with each call. Where several commands were
 * given options, as in `upsync --config FILE check`, the last one's count first.
 */
export async function loaderFor(
  commands: readonly Command[],
  { env, cwd, stderr }: Io,
): Promise<() => Promise<Config>> {
  for (const misspelt of misspeltVariables(env)) stderr.write(`upsync: ${sentence(misspelt)}\n`);
  const { loadConfig } = await import('../config/load.ts');
  const file: unknown = commands.map((command) => command.getOptionValue('config')).findLast(isText);
  const services = commands.flatMap((command): string[] => {
    const given: unknown = command.getOptionValue('service');
    return Array.isArray(given) ? given.map(String) : [];
  });
  return () =>
    loadConfig({
      flags: new Map(commands.flatMap((command) => [...givenFlags(command)])),
      services,
      file: isText(file) ? file : undefined,
      env,
      cwd,
    });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
