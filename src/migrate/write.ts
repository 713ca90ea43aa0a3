import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ProblemError } from '../pipeline/problem.ts';
import type { File } from './draft.ts';

/** Writes all or, where one is there already, nothing. Throws ProblemError. */
export async function writeAll(folder: string, files: readonly File[]): Promise<void> {
  for (const { path } of files) {
    const there = await access(join(folder, path)).then(
      () => true,
      () => false,
    );
    if (there) throw exists(join(folder, path));
  }
  for (const { path, text, isSecret } of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    try {
      await writeFile(target, text, { flag: 'wx', mode: isSecret ? 0o600 : 0o644 });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw exists(target);
      throw error;
    }
  }
}

function exists(path: string): ProblemError {
  return new ProblemError({
    what: 'is there already, and is not overwritten',
    where: path,
    remedy: 'name another folder with --to, or move it away',
  });
}
