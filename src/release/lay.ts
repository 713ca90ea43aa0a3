import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isCode, syncAll, syncPath, withFolders, writeAll } from './disk.ts';

/**
 * Puts files into a folder that is named after their contents: complete, in one step, and on disk. What lies there
 * already is never changed. `files` are by their path in it; `finish` is what they need besides.
 */
export async function lay(
  folder: string,
  files: ReadonlyMap<string, string>,
  finish: (folder: string) => void = () => {},
): Promise<void> {
  if ([...files.keys()].every((name) => existsSync(join(folder, name)))) return;
  const fresh = `${folder}.${randomUUID()}`;
  const texts = [...files].map(([name, text]) => [join(fresh, name), text] as const);
  try {
    writeAll(fresh, texts);
    finish(fresh);
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
