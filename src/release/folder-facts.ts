import { access, constants, lstat, readlink, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Problem } from '../pipeline/problem.ts';
import { layoutOf } from './layout.ts';
import { unusable } from './lock.ts';

/** How the managed folder stands, without a change to it. */
export interface FolderFacts {
  readonly exists: boolean;
  /** Why upsync could not work in it, if so. */
  readonly problem: Problem | undefined;
  /** Bytes that upsync may still write there; undefined where that is not known. */
  readonly free: number | undefined;
  readonly current: LinkFacts;
  readonly proven: LinkFacts;
  /** What nginx includes, each with what it should point at. */
  readonly links: readonly (LinkFacts & { readonly wanted: string })[];
}

interface LinkFacts {
  readonly path: string;
  /** `mount`: a file system of its own begins there, and nothing can be renamed to it. */
  readonly kind: 'missing' | 'link' | 'dangling' | 'other' | 'mount';
  readonly target?: string;
}

export async function inspectFolder(output: string): Promise<FolderFacts> {
  const { releases, current, proven, links } = layoutOf(output);
  const exists = await stat(output).then(
    () => true,
    () => false,
  );
  const used = [releases, ...links.map(({ path }) => dirname(path))];
  return {
    exists,
    problem: (await writingProblem(output)) ?? (await firstOf(used.map(subfolderProblem))),
    free: await freeBytes(exists ? output : dirname(output)),
    current: await linkFacts(current),
    proven: await linkFacts(proven),
    links: await Promise.all(
      links.map(async ({ path, target }) => ({ ...(await linkFacts(path)), wanted: target })),
    ),
  };
}

async function linkFacts(path: string): Promise<LinkFacts> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return { path, kind: 'missing' };
  if (found.dev !== (await lstat(dirname(path))).dev) return { path, kind: 'mount' };
  if (!found.isSymbolicLink()) return { path, kind: 'other' };
  const target = await readlink(path);
  const leads = await stat(path).then(
    () => true,
    () => false,
  );
  return { path, target, kind: leads ? 'link' : 'dangling' };
}

/** It may be made, if the folder around it is there. */
async function writingProblem(output: string): Promise<Problem | undefined> {
  return accessProblem(output, output, () => accessProblem(dirname(output), output));
}

async function subfolderProblem(path: string): Promise<Problem | undefined> {
  return accessProblem(path, path, async () => undefined);
}

async function accessProblem(
  path: string,
  named: string,
  ifMissing?: () => Promise<Problem | undefined>,
): Promise<Problem | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return missing && ifMissing !== undefined ? ifMissing() : unusable(named, error).problem;
  }
}

async function firstOf(all: readonly Promise<Problem | undefined>[]): Promise<Problem | undefined> {
  return (await Promise.all(all)).find((problem) => problem !== undefined);
}

async function freeBytes(path: string): Promise<number | undefined> {
  return statfs(path).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
}
