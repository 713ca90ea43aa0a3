import { randomUUID } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  fsync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { ProblemError, problemOf } from '../pipeline/problem.ts';

/*
 * What the kernel only takes note of is done at once: a detour by Node's threads costs ten times as much for each step,
 * and a change has a dozen on its way. What waits for the disk itself (`sync…`) holds nobody up.
 */

/** A recursive mkdir alone takes a read-only disk for a folder that is not there. */
function makeFolder(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    mkdirSync(path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
}

/** Writes files into a new folder, which the disk may not have before `syncAll`. `closed` are those for nobody else. */
export function writeAll(
  folder: string,
  files: readonly (readonly [path: string, text: string])[],
  closed: ReadonlySet<string> = new Set(),
): void {
  makeFolder(folder);
  for (const below of new Set(files.map(([path]) => dirname(path)))) mkdirSync(below, { recursive: true });
  for (const [path, text] of files) write(path, text, closed.has(path) ? 0o600 : 0o644);
}

function write(path: string, text: string | Uint8Array, mode = 0o644): void {
  try {
    writeFileSync(path, text, { mode });
  } catch (error) {
    throw atPath(path, error);
  }
}

const fsyncOf = promisify(fsync);

/** Waits until the disk has a file, or the names in a folder: a rename is on disk only once its folder is. */
export async function syncPath(path: string): Promise<void> {
  try {
    const file = openSync(path, 'r');
    try {
      await fsyncOf(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw atPath(path, error);
  }
}

/** The same for many, three at a time: a slow disk must not take up all threads while others have work for them. */
export async function syncAll(paths: readonly string[]): Promise<void> {
  const left = paths.values();
  const work = async () => {
    for (const path of left) await syncPath(path);
  };
  // Each to its end, or one would go on in a folder that is removed.
  for (const each of await Promise.allSettled([work(), work(), work()]))
    if (each.status === 'rejected') throw each.reason;
}

/** Files below a folder, and the folders that they and the links lie in, that one included. */
export function withFolders(root: string, paths: readonly string[], links: readonly string[] = []): string[] {
  const folders = new Set<string>([root]);
  for (const path of [...paths, ...links])
    for (let folder = dirname(path); folder.length > root.length; folder = dirname(folder))
      folders.add(folder);
  return [...paths, ...folders];
}

/** A full disk is told without the path. */
function atPath(path: string, error: unknown): ProblemError {
  return new ProblemError({ where: path, ...problemOf(error) }, { cause: error });
}

/** Replaces a file in one step: whoever reads sees the old contents or the new. */
export async function replaceDurably(path: string, contents: string | Uint8Array): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  write(fresh, contents);
  await syncPath(fresh);
  renameSync(fresh, path);
  await syncPath(dirname(path));
}

/** Replaces a file by a copy of another in one step, which the disk may not have yet. */
export function replaceByCopy(path: string, original: string): void {
  const fresh = `${path}.${randomUUID()}`;
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(original, fresh);
  renameSync(fresh, path);
}

/** Points a symlink at `target` in one step, whatever was at `path`. The disk may not have it yet. */
export function pointAt(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.${randomUUID()}`;
  symlinkSync(target, fresh);
  try {
    replace(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

function replace(fresh: string, path: string): void {
  try {
    renameSync(fresh, path);
  } catch (error) {
    if (!isCode(error, 'EISDIR')) throw error;
    // A copy of the managed folder that followed its links; the copy is swept away later.
    renameSync(path, `${path}.${randomUUID()}`);
    renameSync(fresh, path);
  }
}

/** The same, and the disk has it. */
export async function pointDurably(path: string, target: string): Promise<void> {
  pointAt(path, target);
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
