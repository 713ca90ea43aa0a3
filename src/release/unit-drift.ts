import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf, type UnitFile } from '../pipeline/unit.ts';
import type { UnitRelease } from './unit-release.ts';

/** Finds the first file of a release that is not at its destination as it was written. */
export type FindDrift = (release: UnitRelease) => string | undefined;

/** It is asked every second: a file is read again only where it was touched. */
export function driftFinder(): FindDrift {
  const same = new Map<string, string>();
  return ({ folder, files }) => files.find((file) => !isAsWritten(folder, file))?.path;

  function isAsWritten(folder: string, { path, mode, owner }: UnitFile): boolean {
    try {
      const found = lstatSync(path);
      const { uid, gid } = { ...found, ...owner };
      const isOurs =
        found.uid === uid && found.gid === gid && (found.mode & 0o7777) === (mode ?? found.mode & 0o7777);
      if (!found.isFile() || !isOurs) return false;
      const stamp = `${folder} ${found.ino} ${found.ctimeMs} ${found.size}`;
      if (same.get(path) === stamp) return true;
      if (!readFileSync(path).equals(readFileSync(join(filesOf(folder), path)))) return false;
      same.set(path, stamp);
      return true;
    } catch {
      return false;
    }
  }
}
