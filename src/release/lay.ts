import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { File } from '../pipeline/release.ts';
import { writeWithAttributes } from './attributes.ts';
import { isCode, syncAll, syncPath, withFolders } from './disk.ts';

/**
 * Puts files into a folder that is named after their contents: complete, in one step, and on disk. What lies there
 * already is never changed. `files` are by their path in it; the `special` ones have a mode or an owner of their own.
 */
export async function lay(
  folder: string,
  files: ReadonlyMap<string, string>,
  special: readonly File[] = [],
): Promise<void> {
  if ([...files.keys()].every((name) => existsSync(join(folder, name)))) return;
  const fresh = `${folder}.${randomUUID()}`;
  const texts = [...files].map(([name, text]) => [join(fresh, name), text] as const);
  try {
    writeWithAttributes(fresh, texts, special);
    await syncAll(
      withFolders(
        fresh,
        texts.map(([path]) => path),
      ),
    );
    // Only what somebody took files away from lies there: who has it loaded reads it no more.
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!isCode(error, 'ENOTEMPTY') && !isCode(error, 'EEXIST')) throw error;
  }
  await syncPath(dirname(folder));
}
