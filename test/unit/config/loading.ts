import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig, type Sources } from '../../../src/config/load.ts';
import { problemOf, sentence } from '../../../src/pipeline/problem.ts';

/** A folder that goes with the test, with these files in it. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'upsync-config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  return folder;
}

type Given = Partial<Omit<Sources, 'flags'>> & { readonly flags?: Readonly<Record<string, string>> };

/** Loads as a run with these sources would; `yaml` becomes the file `upsync.yaml` in `cwd`. */
export async function load({ yaml, ...given }: Given & { readonly yaml?: string }): Promise<Config> {
  const cwd = given.cwd ?? (await folderWith({}));
  if (yaml !== undefined) await writeFile(join(cwd, 'upsync.yaml'), yaml);
  return loadConfig({
    flags: new Map(Object.entries(given.flags ?? {})),
    services: given.services ?? [],
    file: given.file ?? (yaml === undefined ? undefined : 'upsync.yaml'),
    env: given.env ?? {},
    cwd,
  });
}

/** What a person reads when these sources do not load. */
export async function complaintOf(given: Parameters<typeof load>[0]): Promise<string> {
  try {
    await load(given);
  } catch (error) {
    return sentence(problemOf(error));
  }
  throw new Error('it loaded');
}
