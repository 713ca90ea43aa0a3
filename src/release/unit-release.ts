import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { File, Release } from '../pipeline/release.ts';
import { filesOf, type UnitFile } from '../pipeline/unit.ts';
import { withFolders, writeAll } from './disk.ts';
import { manifestPath, manifestText, readManifest } from './manifest.ts';
import type { Target } from './unit-files.ts';

/** A release of a unit, read back: what it holds for each destination stands in its folder. */
export interface UnitRelease extends Release {
  readonly files: readonly UnitFile[];
}

const owner = z.object({ uid: z.number(), gid: z.number().exactOptional() });
const files = z.array(z.object({ path: z.string(), mode: z.number().optional(), owner: owner.optional() }));

/** Over what a program reads, and who may. */
export function digestOf(rendered: readonly File[], asked: ReadonlyMap<string, UnitFile>): string {
  const hash = createHash('sha256');
  for (const { path, contents } of rendered) {
    const { mode, owner } = asked.get(path) ?? {};
    hash.update(`${JSON.stringify([path, mode, owner?.uid, owner?.gid])}\0${contents.length}\0${contents}\0`);
  }
  return hash.digest('hex').slice(0, 16);
}

/** Writes a release into its folder, and gives what of it the disk may not have yet. */
export function writeUnitRelease(
  release: UnitRelease,
  rendered: readonly File[],
  version: string,
): readonly string[] {
  const { folder, files, ...rest } = release;
  const texts = [
    ...rendered.map(({ path, contents }) => [staged(folder, path), contents] as const),
    [filesPath(folder), JSON.stringify(files)] as const,
    [manifestPath(folder), manifestText({ folder, ...rest }, version)] as const,
  ];
  try {
    mkdirSync(filesOf(folder), { recursive: true });
    writeAll(folder, texts);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return withFolders(
    folder,
    texts.map(([path]) => path),
  );
}

/** Undefined where it is not all there. */
export async function readUnitRelease(folder: string): Promise<UnitRelease | undefined> {
  const manifest = await readManifest(folder);
  if (manifest === undefined || !isUnitRelease(folder)) return undefined;
  const { digest, structure = digest, time, view, indexes } = manifest;
  return { folder, digest, structure, time, view, indexes, files: filesIn(folder) ?? [] };
}

export function isUnitRelease(folder: string): boolean {
  const found = existsSync(manifestPath(folder)) ? filesIn(folder) : undefined;
  return found?.every(({ path }) => existsSync(staged(folder, path))) === true;
}

function filesIn(folder: string): readonly UnitFile[] | undefined {
  try {
    return files.parse(JSON.parse(readFileSync(filesPath(folder), 'utf8')));
  } catch {
    return undefined;
  }
}

/** What to write to have a release at its destinations. */
export function targetsOf({ folder, files }: UnitRelease): Target[] {
  return files.map(({ path, mode, owner }) => ({
    path,
    contents: readFileSync(staged(folder, path)),
    mode,
    owner,
  }));
}

function staged(folder: string, path: string): string {
  return join(filesOf(folder), path);
}

function filesPath(folder: string): string {
  return join(folder, 'files.json');
}
