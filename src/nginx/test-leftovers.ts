import { lstat, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders that tests and dry runs work in; each is gone when its own ends, unless that was killed. */
const ours = /^upsync-(?:test|once|check)-/;
/** In ms: no test takes so long. */
const abandoned = 60 * 60_000;

/** Removes what killed runs of this user left in the temporary folder. What cannot be removed stays. */
export async function removeLeftovers(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const path of names.filter((name) => ours.test(name)).map((name) => join(tmpdir(), name))) {
    const found = await lstat(path).catch(() => undefined);
    // In a folder of somebody else's, a link could be put in the way of a removal.
    if (found === undefined || !found.isDirectory() || found.uid !== process.getuid?.()) continue;
    if (found.mtimeMs < Date.now() - abandoned) {
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}
