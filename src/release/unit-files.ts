import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Problem, ProblemError, problemOf } from '../pipeline/problem.ts';
import type { Owner } from '../pipeline/release.ts';
import { isCode, syncAll, syncPath } from './disk.ts';

/** What is to be at a destination. */
export interface Target {
  readonly path: string;
  /** Undefined for nothing at all. */
  readonly contents: Buffer | undefined;
  /** Undefined for those of the file that is there, or else 0644. */
  readonly mode: number | undefined;
  /** Undefined for that of the file that is there, or else our own. */
  readonly owner: Owner | undefined;
  /** Whether it may stay another's where we may not give files away. */
  readonly isLenient?: boolean;
}

/** Files that wait beside their destinations, on disk and under other names. */
export interface Prepared {
  /** Puts all of them in place, in their order. */
  swap(): Promise<void>;
  /** Takes away those that are not. */
  [Symbol.dispose](): void;
}

/** What is at a destination, if anything. Throws ProblemError where no file can be put there. */
export function lookAt(path: string): Stats | undefined {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined && !existsSync(dirname(path))) throw new ProblemError(noFolder(path));
    if (found?.isFile() === false) throw new ProblemError(noFile(path));
    return found;
  } catch (error) {
    throw atPath(path, error);
  }
}

/** Throws where the disk refuses, and has changed nothing then. */
export async function prepare(targets: readonly Target[]): Promise<Prepared> {
  const written = targets.map(({ path, contents }) => ({
    path,
    fresh: contents === undefined ? undefined : join(dirname(path), `.${basename(path)}.${randomUUID()}`),
  }));
  const fresh = written.flatMap((one) => one.fresh ?? []);
  const discard = () => {
    for (const path of fresh) rmSync(path, { force: true });
  };
  try {
    targets.forEach((target, at) => {
      write(target, written[at]?.fresh);
    });
    await syncAll(fresh);
  } catch (error) {
    discard();
    throw error;
  }
  return {
    async swap() {
      // With no pause in between: whoever reads them together should see one release.
      for (const one of written) put(one);
      for (const folder of new Set(written.map(({ path }) => dirname(path)))) await syncPath(folder);
    },
    [Symbol.dispose]: discard,
  };
}

function write(
  { path, contents, mode, owner, isLenient = owner === undefined }: Target,
  fresh: string | undefined,
): void {
  const found = lookAt(path);
  if (contents === undefined || fresh === undefined) return;
  try {
    // Nobody else may read it before it has its mode.
    writeFileSync(fresh, contents, { mode: 0o600, flag: 'wx' });
    own(fresh, { ...found, ...owner }, isLenient);
    chmodSync(fresh, mode ?? (found === undefined ? 0o644 : found.mode & 0o7777));
  } catch (error) {
    throw atPath(path, error);
  }
}

function own(path: string, wanted: Partial<Owner>, isLenient: boolean): void {
  const ours = lstatSync(path);
  const { uid = ours.uid, gid = ours.gid } = wanted;
  if (ours.uid === uid && ours.gid === gid) return;
  try {
    chownSync(path, uid, gid);
  } catch (error) {
    if (!isLenient || !isCode(error, 'EPERM')) throw error;
  }
}

function put({ path, fresh }: { readonly path: string; readonly fresh: string | undefined }): void {
  try {
    if (fresh === undefined) rmSync(path, { force: true });
    else renameSync(fresh, path);
  } catch (error) {
    if (isCode(error, 'EBUSY')) throw new ProblemError(mounted(path), { cause: error });
    throw atPath(path, error);
  }
}

function atPath(path: string, error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  // Not the name under which it waited.
  return new ProblemError({ ...problemOf(error), where: path }, { cause: error });
}

function noFolder(path: string): Problem {
  return { what: 'the folder of this destination does not exist', where: path, remedy: 'make it' };
}

function noFile(path: string): Problem {
  return {
    what: 'this destination is a link, a folder or a device',
    where: path,
    remedy: 'name a file itself, or a place where there is none',
  };
}

function mounted(path: string): Problem {
  return {
    what: 'a file that is mounted by itself cannot be replaced in one step',
    where: path,
    remedy: 'mount the folder around it instead',
  };
}
