import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Every entry below a folder, and itself, with all that a write would change: to compare before and after. */
export async function listing(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const lines = ['', ...names].sort().map(async (name) => {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) return `${path} is missing`;
    const { mode, uid, gid, size, mtimeMs, ctimeMs } = found;
    const target = found.isSymbolicLink() ? await readlink(path) : '';
    return [path, target, mode.toString(8), uid, gid, size, mtimeMs, ctimeMs].join(' ');
  });
  return Promise.all(lines);
}
