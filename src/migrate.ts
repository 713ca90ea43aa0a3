import { resolve } from 'node:path';
import type { Io } from './cli/io.ts';
import { migrate } from './migrate/migrate.ts';
import { readOriginal } from './migrate/read.ts';
import { reportOf } from './migrate/report.ts';
import { writeAll } from './migrate/write.ts';
import { yamlOf } from './migrate/yaml.ts';

/** Writes upsync.yaml and Eta templates for what consul-template's files say; prints what it did and what is left to do. */
export async function runMigrate(names: readonly string[], to: string, { cwd, stdout }: Io): Promise<number> {
  const folder = resolve(cwd, to);
  const draft = migrate(await readOriginal(names, cwd));
  const yaml = { path: 'upsync.yaml', text: yamlOf(draft, names), isSecret: false };
  await writeAll(folder, [yaml, ...draft.files]);
  stdout.write(reportOf(draft, folder));
  return 0;
}
