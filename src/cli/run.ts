import { type Command, CommanderError } from 'commander';
import { nearest } from '../config/nearest.ts';
import { ProblemError } from '../pipeline/problem.ts';
import { addCheck } from './check-command.ts';
import { complaint, jsonComplaint } from './complaint.ts';
import type { Commands, Io } from './io.ts';
import { loaderFor } from './loading.ts';
import { addMigrate } from './migrate-command.ts';
import { onceOptions } from './once-options.ts';
import { createProgram, givenFlags } from './program.ts';
import { addRegister } from './register.ts';

/**
 * Runs the command line `argv` (without program and script) and resolves with the exit code: 0 done,
 * 1 failed or rejected, 2 would change (with `--exit-code`). Never rejects: errors go to `io.stderr`.
 */
export async function run(argv: readonly string[], io: Io, commands: Commands): Promise<number> {
  const program = createProgram(io);
  let status = 0;
  program.action(async () => {
    status = await start(program, io, commands);
  });
  addCheck(program, io, commands, (code) => {
    status = code;
  });
  addRegister(program, io, commands, (code) => {
    status = code;
  });
  addMigrate(program, io, commands, (code) => {
    status = code;
  });
  program
    .command('schema')
    .description('print the JSON Schema of upsync.yaml, for editors')
    .option('--status', 'that of what /status and status --json say')
    .allowExcessArguments(false)
    .action(({ status }: { status?: true }) => printSchema(status === true, io));
  program
    .command('status')
    .description('show what the upsync that works on a folder is doing')
    .option('--watch', 'show it again every second')
    .option('--json', 'as one JSON document; with --watch one a line')
    .option('--output <DIR>', 'the folder, as it was given to that upsync')
    .option('--config <FILE>', 'or the configuration that names it')
    .allowExcessArguments(false)
    .action(async (_, command: Command) => {
      const given = (name: string) => command.getOptionValue(name) === true;
      const options = { watch: given('watch'), json: given('json') };
      status = await commands.status(await outputFor(program, command, io), options, io);
    });
  // Commander's own help command answers an unknown name with the whole help.
  program
    .helpCommand(false)
    .command('help [command]')
    .description('print this, or the help of a command')
    .action((name?: string) => commandNamed(program, name).outputHelp());
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    if (optionOf(program, 'once') === true && optionOf(program, 'json') === true)
      io.stdout.write(jsonComplaint(thrown));
    else io.stderr.write(complaint(thrown, wantsStack(program, io)));
    return 1;
  }
}

/** Options may stand before the command's name or behind it. */
async function outputFor(program: Command, command: Command, { env, cwd }: Io): Promise<string> {
  const { loadOutput } = await import('../config/load.ts');
  const file: unknown = command.getOptionValue('config') ?? program.getOptionValue('config');
  return loadOutput({
    flags: new Map([...givenFlags(program), ...givenFlags(command)]),
    services: [],
    file: typeof file === 'string' ? file : undefined,
    env,
    cwd,
  });
}

async function start(program: Command, io: Io, commands: Commands): Promise<number> {
  commandNamed(program, program.args[0]);
  if (program.getOptionValue('version') === true) return printVersion(io);
  const { once, ...options } = onceOptions(program);
  const load = await loaderFor([program], io);
  return once ? commands.once(await load(), options, io) : commands.daemon(load, io);
}

/** The command of that name, the program itself without one. */
function commandNamed(program: Command, name: string | undefined): Command {
  const found = name === undefined ? program : program.commands.find((command) => command.name() === name);
  if (found !== undefined) return found;
  const guess = nearest(
    name ?? '',
    program.commands.map((command) => command.name()),
  );
  // What is no name at all may be a token.
  const shown = /^[a-z-]{1,20}$/i.test(name ?? '') ? ` ${name}` : '';
  throw new ProblemError({
    what: `unknown command${shown}`,
    remedy: guess === undefined ? 'upsync --help lists what there is' : `did you mean ${guess}?`,
  });
}

async function printSchema(ofStatus: boolean, { stdout }: Io): Promise<void> {
  const schema = ofStatus
    ? (await import('../status/schema.ts')).statusJsonSchema()
    : (await import('../config/schema.ts')).jsonSchema();
  stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`);
}

async function printVersion({ stdout }: Io): Promise<number> {
  const { version } = await import('../version.ts');
  stdout.write(`${version}\n`);
  return 0;
}

function wantsStack(program: Command, { env }: Io): boolean {
  const level = optionOf(program, 'logLevel') ?? env.UPSYNC_LOG_LEVEL;
  return level === 'trace' || level === 'debug';
}

/** What was given for an option, to the program or to the command that was called. */
function optionOf(program: Command, name: string): unknown {
  const given = [program, ...program.commands].map((command): unknown => command.getOptionValue(name));
  return given.find((value) => value !== undefined);
}
