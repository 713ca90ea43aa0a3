import type { Command } from 'commander';
import type { Commands, Io } from './io.ts';

const description = `Makes upsync.yaml and Eta templates of consul-template's configuration (HCL or JSON, folders of it) and the
templates that it names, or of .ctmpl files alone. What cannot be converted is marked where it stood, and listed.
Nothing is overwritten, and nothing outside of the folder is touched.`;

const epilogue = `
Example:
  upsync migrate /etc/consul-template.d/*.hcl --to /etc/upsync
  upsync --config /etc/upsync/upsync.yaml --once

Exit codes: 0 written, whether places are marked or not; 1 something cannot be read, or is there already
`;

/** Adds `upsync migrate`, which calls `done` with its exit code. */
export function addMigrate(
  program: Command,
  io: Io,
  commands: Commands,
  done: (status: number) => void,
): void {
  program
    .command('migrate')
    .summary("make upsync's configuration of consul-template's")
    .usage('FILE… --to DIR')
    .description(description)
    .argument('<file...>', "consul-template's configuration, or templates")
    .requiredOption('--to <DIR>', 'the folder to write to')
    .addHelpText('after', epilogue)
    .action(async (files: readonly string[], { to }: { to: string }) => {
      done(await commands.migrate(files, to, io));
    });
}
