import type { Command } from 'commander';
import { jsonComplaint } from './complaint.ts';
import type { Commands, Io } from './io.ts';
import { loaderFor } from './loading.ts';
import { addCommonSettings, addFurtherSettings } from './program.ts';

/** `upsync check`, with all options of upsync itself; `done` gets its exit code. */
export function addCheck(
  program: Command,
  io: Io,
  { check }: Commands,
  done: (status: number) => void,
): void {
  const command = program
    .command('check')
    .description('look for what keeps upsync from working, and say what to do')
    .allowExcessArguments(false);
  addCommonSettings(command);
  command.option('--json', 'print one JSON document instead of text');
  addFurtherSettings(command);
  command.action(async () => {
    const json = [program, command].some((each) => each.getOptionValue('json') === true);
    try {
      const load = await loaderFor([program, command], io);
      done(await check(await load(), { json }, io));
    } catch (thrown) {
      if (!json) throw thrown;
      io.stdout.write(jsonComplaint(thrown));
      done(1);
    }
  });
}
