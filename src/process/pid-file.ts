import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { ProblemError, problemOf } from '../pipeline/problem.ts';

/**
 * Writes our pid, whatever stands there: who may, holds the lock of the output folder. Whole at every instant, and
 * removed at the end unless it names somebody else by then. Throws ProblemError where it cannot be written.
 */
export async function writePidFile(path: string | undefined): Promise<AsyncDisposable> {
  if (path === undefined) return { [Symbol.asyncDispose]: async () => undefined };
  const text = `${process.pid}\n`;
  // In its own folder, so that it is renamed and not copied.
  const own = `${path}.${randomBytes(3).toString('hex')}`;
  try {
    await writeFile(own, text, { flag: 'wx', mode: 0o644 });
    await rename(own, path);
  } catch (error) {
    await rm(own, { force: true }).catch(() => undefined);
    throw new ProblemError(unwritable(path, error), { cause: error });
  }
  return {
    async [Symbol.asyncDispose]() {
      if ((await readFile(path, 'utf8').catch(() => '')) === text) await rm(path, { force: true });
    },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'the folder that it should lie in does not exist',
  ENOTDIR: 'what it should lie in is no folder',
  EISDIR: 'this is a folder',
};

function unwritable(path: string, error: unknown) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return {
    what: `the pid file cannot be written: ${REASONS[code] ?? problemOf(error).what}`,
    where: path,
    remedy: 'choose another --pid-file, or make its folder writable for the user of upsync',
  };
}
