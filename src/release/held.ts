import { createHash, randomUUID } from 'node:crypto';
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { nothing, placeOf } from '../pipeline/outside.ts';
import type { Candidate } from '../pipeline/release.ts';
import { isCode, syncAll, syncPath, withFolders } from './disk.ts';
import type { Layout } from './layout.ts';
import { unfinished } from './sweep.ts';

/** Something that a release holds for a link that is none of its files': a copy of `from`, or `nothing`. */
export interface Kept {
  readonly destination: string;
  readonly from: string | undefined;
}

/** What a release is to say of it; nothing where there is none. */
export function keptOf(kept: readonly Kept[]): Pick<Candidate, 'kept'> {
  return kept.length === 0 ? {} : { kept: kept.map(({ destination }) => destination) };
}

/** Writes what a release holds for the links of others, and gives the paths. */
export function writeKept(folder: string, kept: readonly Kept[]): readonly string[] {
  return kept.map(({ destination, from }) => {
    const place = join(folder, placeOf(destination));
    mkdirSync(dirname(place), { recursive: true });
    if (from === undefined) writeFileSync(place, nothing);
    else copyAs(from, place);
    return place;
  });
}

/** The destinations for which a release holds a file. */
export function heldIn(folder: string): string[] {
  const root = join(folder, 'files');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length));
}

/** Adds a copy of `from`, or `nothing`, to a release, for a destination that does not lead to it yet. */
export async function hold(folder: string, destination: string, from: string | undefined): Promise<void> {
  const place = join(folder, placeOf(destination));
  const fresh = `${place}.${randomUUID()}`;
  mkdirSync(dirname(place), { recursive: true });
  if (from !== undefined && existsSync(from)) copyAs(from, fresh);
  else writeFileSync(fresh, nothing);
  await syncPath(fresh);
  renameSync(fresh, place);
  await syncAll(withFolders(folder, [place]));
}

/**
 * Named by the contents: what is saved again and again is there once, and as the newest. Not beside the file, where nginx
 * may include it.
 */
export function save({ saved }: Layout, destination: string): string | undefined {
  if (!existsSync(destination)) return undefined;
  const hash = createHash('sha256').update(readFileSync(destination)).digest('hex').slice(0, 8);
  const path = `${join(saved, destination)}.${hash}`;
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.${randomUUID()}`;
  copyAs(destination, fresh);
  renameSync(fresh, path);
  return path;
}

/** How many copies stay of each destination: another program may go on writing there. */
const copies = 5;

/** Removes the oldest copies, and what a killed process left half done. */
export function sweepSaved({ saved }: Layout): void {
  if (!existsSync(saved)) return;
  const entries = readdirSync(saved, { recursive: true, withFileTypes: true });
  const paths = entries.filter((one) => one.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const torn = paths.filter((path) => unfinished.test(path));
  const whole = paths.filter((path) => !torn.includes(path));
  const ofEach = Map.groupBy(whole, (path) => path.replace(/\.[0-9a-f]{8}$/, ''));
  const age = (path: string) => statSync(path).mtimeMs;
  const old = [...ofEach.values()].flatMap((some) => some.sort((a, b) => age(b) - age(a)).slice(copies));
  for (const path of [...torn, ...old]) rmSync(path, { force: true });
}

/** A copy with mode and, as far as that may be done, owner. */
export function copyAs(from: string, to: string): void {
  copyFileSync(from, to);
  const { uid, gid } = statSync(from);
  try {
    chownSync(to, uid, gid);
  } catch (error) {
    if (!isCode(error, 'EPERM')) throw error;
  }
}

export function isNothing(path: string): boolean {
  return readFileSync(path, 'utf8') === nothing;
}
