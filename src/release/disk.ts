import { randomUUID } from 'node:crypto';
import { mkdir, open, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ProblemError, problemOf } from '../pipeline/problem.ts';

/** A recursive mkdir alone takes a read-only disk for a folder that is not there. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await mkdir(path).catch((error) => {
    if (!isCode(error, 'EEXIST')) throw error;
  });
}

/** Writes a file and waits until the disk has it. */
export async function writeDurably(path: string, contents: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'w', 0o644);
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    // A full disk is told without the path.
    throw new ProblemError({ where: path, ...problemOf(error) }, { cause: error });
  }
}

/** Replaces a file in one step: whoever reads sees the old contents or the new. */
export async function replaceDurably(path: string, contents: string): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  await writeDurably(fresh, contents);
  await rename(fresh, path);
  await syncFolder(dirname(path));
}

/** Points a symlink at `target` in one step, whatever was at `path`. */
export async function pointAt(path: string, target: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${randomUUID()}`;
  await symlink(target, fresh);
  try {
    await rename(fresh, path).catch(async (error) => {
      if (!isCode(error, 'EISDIR')) throw error;
      // A copy of the managed folder that followed its links; the copy is swept away later.
      await rename(path, `${path}.${randomUUID()}`);
      await rename(fresh, path);
    });
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Where a symlink points, or undefined where there is none. */
export async function targetOf(path: string): Promise<string | undefined> {
  return readlink(path).catch(() => undefined);
}

/** A rename is on disk only once its folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
