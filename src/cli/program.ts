import { Command, Option } from 'commander';
import { commonSettings } from '../config/common-settings.ts';
import { furtherSettings } from '../config/further-settings.ts';
import type { Setting } from '../config/setting.ts';
import { byFlag, type Keyed } from '../config/settings.ts';
import { description, epilogue, groups } from './help.ts';
import type { Io } from './io.ts';

/** The command line of `upsync`, its commands and actions still to be added. */
export function createProgram({ stdout }: Io): Command {
  const program = new Command('upsync')
    .usage('[options]\n       upsync <command>')
    .description(description)
    .helpOption('-h, --help', 'print this')
    .enablePositionalOptions()
    // An unknown command is told from an excess argument by the action.
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: () => {},
      // Each error is presented in one place, by run().
      outputError: () => {},
      getOutHelpWidth: () => stdout.columns ?? 100,
      getOutHasColors: () => false,
    })
    .configureHelp({ optionTerm: term })
    .addHelpText('after', epilogue);
  addCommonSettings(program);
  program.addOption(new Option('--version', 'print the version').helpGroup(groups.common));
  program
    .optionsGroup(groups.once)
    .option('--once', 'show what would change and whether nginx accepts it')
    .option('--apply', 'then publish it and reload nginx')
    .option('--seed', 'without Consul: publish the last known servers, or 503')
    .option('--exit-code', 'exit with 2 if something would change')
    .option('--json', 'print one JSON document instead of text');
  addFurtherSettings(program);
  return program;
}

export function addCommonSettings(command: Command): void {
  command
    .addOption(new Option('--service <NAME>', 'follow a service; repeatable').argParser(collect))
    .addOption(new Option('--config <FILE>', 'upsync.yaml; SIGHUP re-reads it'));
  addSettings(command, commonSettings, groups.common);
  command.addOption(new Option('--no-listen', 'same as --listen off').helpGroup(groups.common));
}

export function addFurtherSettings(command: Command): void {
  addSettings(command, furtherSettings, groups.further);
}

/** The settings that were given as flags, as typed. */
export function givenFlags(program: Command): ReadonlyMap<string, string> {
  return new Map(
    program.options.flatMap((option): [string, string][] => {
      const value: unknown = program.getOptionValue(option.attributeName());
      // Commander makes `--no-listen` a false `--listen`.
      if (option.long === '--listen' && value === false) return [[option.long, 'off']];
      const isGiven = typeof value === 'string' || value === true;
      return isGiven && option.long ? [[option.long, String(value)]] : [];
    }),
  );
}

/** An option for each flag of the table; one that takes no value is a switch. */
export function addSettings(program: Command, table: Readonly<Record<string, Setting>>, group: string): void {
  for (const [flag, keyed] of byFlag(table)) {
    const value = keyed[0]?.setting.value ?? '';
    const flags = value === '' ? flag : `${flag} <${value}>`;
    program.addOption(new Option(flags, describe(keyed)).helpGroup(group));
  }
}

function describe(keyed: readonly Keyed[]): string {
  const help = keyed.map(({ setting }) => setting.help).join(', and ');
  const fallback = keyed.map(({ setting }) => (setting.value && setting.fallback) ?? '').join(':');
  return fallback === '' ? help : `${help} (${fallback})`;
}

/** A collector and not a variadic option, which would swallow a command's name. */
function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** `--output DIR` without commander's angle brackets. */
function term({ long, flags }: Option): string {
  return long === '--service' ? '--service [UPSTREAM=]NAME' : flags.replace(/<(.*)>$/, '$1');
}
