import { chmodSync, chownSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { placeOf } from '../pipeline/outside.ts';
import { ProblemError, problemOf } from '../pipeline/problem.ts';
import type { File } from '../pipeline/release.ts';
import { writeAll } from './disk.ts';

type Attributes = Pick<File, 'mode' | 'owner'>;

/** What was asked for a file besides its contents; empty for nothing. */
export function attributesText({ mode, owner }: Attributes): string {
  return [
    mode === undefined ? '' : `mode ${octal(mode)}`,
    owner === undefined ? '' : `owner ${owner.uid}${owner.gid === undefined ? '' : `:${owner.gid}`}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/**
 * Writes files into a new folder as `writeAll` does, and gives the `special` ones what was asked for them. Until one has
 * its mode it is for nobody else: who opened it before would go on reading. Throws ProblemError where it may not be given.
 */
export function writeWithAttributes(
  folder: string,
  files: readonly (readonly [path: string, text: string])[],
  special: readonly File[],
): void {
  const withMode = special.filter(({ mode }) => mode !== undefined);
  writeAll(folder, files, new Set(withMode.map(({ path }) => join(folder, placeOf(path)))));
  applyAttributes(folder, special);
}

/**
 * With what the files `outside` of the managed folder have of what stands there: mode and, where upsync may give files
 * away, owner stay as they are unless `special` says otherwise.
 */
export function withPresent(special: readonly File[], outside: readonly string[]): readonly File[] {
  const asked = new Map(special.map((file) => [file.path, file]));
  const others = special.filter(({ path }) => !outside.includes(path));
  return [
    ...others,
    ...outside.map((path) => ({ path, contents: '', ...presentOf(path), ...asked.get(path) })),
  ];
}

function presentOf(path: string): Attributes {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isFile() !== true) return {};
  const { uid, gid } = there;
  return { mode: there.mode & 0o777, ...(getuid?.() === 0 ? { owner: { uid, gid } } : {}) };
}

function applyAttributes(folder: string, files: readonly File[]): void {
  for (const { path, mode, owner } of files) {
    const place = join(folder, placeOf(path));
    try {
      // In this order: who has given a file away may not change it any more.
      if (mode !== undefined) chmodSync(place, mode);
      // A gid of -1 leaves the group as it is.
      if (owner !== undefined) chownSync(place, owner.uid, owner.gid ?? -1);
    } catch (error) {
      throw new ProblemError(
        {
          what: `it cannot be given ${attributesText({ ...(mode === undefined ? {} : { mode }), ...(owner === undefined ? {} : { owner }) })}: ${problemOf(error).what}`,
          where: path,
          remedy:
            'run upsync as root, or with the capability CHOWN; or leave owner and mode of this template out',
        },
        { cause: error },
      );
    }
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
