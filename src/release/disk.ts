import { randomUUID } from 'node:crypto';
import { mkdir, open, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a file and waits until the disk has it. */
export async function writeDurably(path: string, contents: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w', 0o644);
  try {
    await file.writeFile(contents);
    await file.sync();
  } finally {
    await file.close();
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
    await rename(fresh, path);
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
