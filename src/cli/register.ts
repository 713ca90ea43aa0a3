import type { Command } from 'commander';
import { registrarSettings, sharedSettings } from '../config/register-settings.ts';
import { misspeltVariables } from '../config/variables.ts';
import { ProblemError, sentence } from '../pipeline/problem.ts';
import type { Commands, Io } from './io.ts';
import { addSettings, givenFlags } from './program.ts';
import { groups, registerDescription, registerEpilogue } from './register-help.ts';

/** Adds `upsync register`, which calls `done` with its exit code. */
export function addRegister(
  program: Command,
  io: Io,
  commands: Commands,
  done: (code: number) => void,
): void {
  const command = program
    .command('register')
    .summary("register this host's containers in Consul, as Registrator did")
    .usage('[options]')
    .description(registerDescription)
    .helpOption('-h, --help', 'print this')
    .allowExcessArguments()
    .addHelpText('after', registerEpilogue);
  addSettings(command, registrarSettings, groups.own);
  command
    .optionsGroup(groups.once)
    .option('--once', 'print what would be registered and removed')
    .option('--json', 'print it as one JSON document');
  addSettings(command, sharedSettings, groups.shared);
  command.action(async () => {
    refuseArguments(command.args);
    const [once, json] = [command.getOptionValue('once') === true, command.getOptionValue('json') === true];
    if (json && !once) {
      throw new ProblemError({
        what: '--json goes with --once',
        remedy: 'for the log write --log-format json',
      });
    }
    for (const misspelt of misspeltVariables(io.env)) io.stderr.write(`upsync: ${sentence(misspelt)}\n`);
    const { loadRegisterConfig } = await import('../config/register.ts');
    const config = await loadRegisterConfig({ flags: givenFlags(command), env: io.env, cwd: io.cwd });
    done(await commands.register(config, { once, json }, io));
  });
}

/** Registrator was given the registry as its argument. */
function refuseArguments([first]: readonly string[]): void {
  if (first === undefined) return;
  const [, address] = /^consul:\/\/([\w.:[\]-]+)\/?$/.exec(first) ?? [];
  throw new ProblemError({
    what: `upsync register takes no ${address === undefined ? 'arguments' : 'registry as an argument'}`,
    remedy:
      address === undefined ? 'upsync register --help lists its options' : `write --consul http://${address}`,
  });
}
