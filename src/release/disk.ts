import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { mkdir, open, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ProblemError, problemOf } from '../pipeline/problem.ts';

/** A recursive mkdir alone takes a read-only disk for a folder that is not there. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await mkdir(path).catch((error) => {
    if (!isCode(error, 'EEXIST')) throw error;
  });
}

/** Writes files into a new folder, which the disk may not have before `syncAll`. */
export async function writeAll(folder: string, files: readonly (readonly [path: string, text: string])[]) {
  await makeFolder(folder);
  const below = new Set(files.map(([path]) => dirname(path)));
  below.delete(folder);
  for (const path of below) await mkdir(path, { recursive: true });
  await allDone(files.map(([path, text]) => write(path, text)));
}

function write(path: string, text: string): Promise<void> {
  return atPath(path, () => writeFile(path, text, { mode: 0o644 }));
}

/** Waits until the disk has a file, or the names in a folder: a rename is on disk only once its folder is. */
export async function syncPath(path: string): Promise<void> {
  await atPath(path, async () => {
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** The same for many, three at a time: a slow disk must not take up all threads while others have work for them. */
export async function syncAll(paths: readonly string[]): Promise<void> {
  const left = paths.values();
  const work = async () => {
    for (const path of left) await syncPath(path);
  };
  await allDone([work(), work(), work()]);
}

/** Files, and the folders that they lie in. */
export function withFolders(paths: readonly string[]): string[] {
  return [...paths, ...new Set(paths.map((path) => dirname(path)))];
}

/** Waits for each to its end, or one would go on in a folder that is removed. Rejects as the first that did. */
export async function allDone(work: readonly Promise<void>[]): Promise<void> {
  for (const each of await Promise.allSettled(work)) if (each.status === 'rejected') throw each.reason;
}

/** A full disk is told without the path. */
async function atPath(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new ProblemError({ where: path, ...problemOf(error) }, { cause: error });
  }
}

/** Replaces a file in one step: whoever reads sees the old contents or the new. */
export async function replaceDurably(path: string, contents: string): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  await write(fresh, contents);
  await syncPath(fresh);
  await rename(fresh, path);
  await syncPath(dirname(path));
}

/** Points a symlink at `target` in one step, whatever was at `path`. The disk may not have it yet. */
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
}

/** The same, and the disk has it. */
export async function pointDurably(path: string, target: string): Promise<void> {
  await pointAt(path, target);
  await syncPath(dirname(path));
}

/** Where a symlink points, or undefined where there is none. */
export function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
