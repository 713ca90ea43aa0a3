import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where the set-up unpacks it (`node test/bed/setup.mjs monitoring`). */
const unpacked = join(
  import.meta.dirname,
  '../../node_modules/.cache/upsync/debian/prometheus/usr/bin/promtool',
);
const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'promtool'));

/** Prometheus's own checker: `PROMTOOL_BIN`, else the PATH, else what the set-up unpacked; undefined without. */
export const promtool = process.env.PROMTOOL_BIN ?? [...onPath, unpacked].find((path) => existsSync(path));

/** Runs promtool to its end: its exit code, and all that it said. */
export function runPromtool(args: readonly string[], input = ''): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(promtool ?? 'promtool', args, { input, encoding: 'utf8' });
  return { code: status, said: `${stdout}${stderr}` };
}
