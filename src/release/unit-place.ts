import { basename, join } from 'node:path';
import type { Applied } from '../pipeline/unit.ts';
import { pointDurably, syncAll, targetOf } from './disk.ts';
import { appliedIn } from './unit-applied.ts';
import { driftFinder } from './unit-drift.ts';
import { prepare } from './unit-files.ts';
import type { UnitLayout } from './unit-layout.ts';
import { originalsIn } from './unit-originals.ts';
import {
  isUnitRelease,
  readUnitRelease,
  targetsOf,
  type UnitRelease,
  writeUnitRelease,
} from './unit-release.ts';

/** A unit's releases on disk, and the files at their destinations. */
export interface UnitPlace {
  /** The release that a link names. Never rejects. */
  named(link: string): Promise<UnitRelease | undefined>;
  /** By their folder: those that are complete on disk, as far as they were looked at. */
  readonly known: Map<string, UnitRelease>;
  readonly applied: Applied;
  /** The first file of a release that is not at its destination as it was written. */
  driftOf(release: UnitRelease): string | undefined;
  point(link: string, release: { readonly folder: string }): Promise<void>;
  /**
   * Writes a release to its destinations, which `current` then names. What else the release before had becomes what it
   * was before upsync, unless others wrote it since.
   */
  lay(release: UnitRelease): Promise<void>;
  /**
   * Keeps what is at destinations that are new to us, before `release` is laid over `live`. Where there is no such
   * release yet, that becomes one to go back to, made by `original`. Gives what to go back to.
   */
  takeOver(
    release: UnitRelease,
    live: UnitRelease | undefined,
    original: () => UnitRelease,
    version: string,
  ): Promise<UnitRelease | undefined>;
}

/**
 * Each file is replaced at its own destination, since few programs are made for links; so what nginx has by one switch
 * is had here by order: forget what the program runs, give back what leaves while `current` still names it, name the
 * release in `current`, swap the files. Killed in between, the next start puts back what was proven and tells the
 * program anew.
 */
export function unitPlace(layout: UnitLayout): UnitPlace {
  const originals = originalsIn(layout.originals);
  const driftOf = driftFinder();
  const known = new Map<string, UnitRelease>();

  async function named(link: string): Promise<UnitRelease | undefined> {
    const target = targetOf(link);
    if (target === undefined) return undefined;
    const folder = join(layout.releases, basename(target));
    if (!isUnitRelease(folder)) return undefined;
    const release = known.get(folder) ?? (await readUnitRelease(folder));
    if (release !== undefined) known.set(folder, release);
    return release;
  }

  const applied = appliedIn(layout.applied, async () => {
    const live = await named(layout.current);
    return live !== undefined && driftOf(live) === undefined;
  });

  async function point(link: string, { folder }: { readonly folder: string }): Promise<void> {
    await pointDurably(link, join('releases', basename(folder)));
  }

  /** What is at the destinations that a release has no more, and is still ours. */
  async function leftBy({ files }: UnitRelease): Promise<readonly string[]> {
    const before = await named(layout.current);
    if (before === undefined) return [];
    const stay = new Set(files.map(({ path }) => path));
    return before.files
      .filter((file) => !stay.has(file.path) && driftOf({ ...before, files: [file] }) === undefined)
      .map(({ path }) => path);
  }

  return {
    named,
    known,
    applied,
    driftOf,
    point,
    async lay(release) {
      // What a disk refuses it mostly refuses before anything is changed.
      using originally = await prepare(originals.targets(await leftBy(release)));
      using fresh = await prepare(targetsOf(release));
      await applied.forget();
      await originally.swap();
      await point(layout.current, release);
      await fresh.swap();
    },
    async takeOver({ files }, live, original, version) {
      const own = new Set(live?.files.map(({ path }) => path));
      const fresh = files.map(({ path }) => path).filter((path) => !own.has(path));
      const isAnyThere = await originals.save(fresh);
      if (live !== undefined || !isAnyThere) return live;
      const release = original();
      await syncAll([...writeUnitRelease(release, [], version), layout.releases]);
      known.set(release.folder, release);
      await point(layout.proven, release);
      return release;
    },
  };
}
