import { basename, join } from 'node:path';
import type { Applied } from '../pipeline/unit.ts';
import { pointDurably, syncAll, targetOf } from './disk.ts';
import { appliedIn } from './unit-applied.ts';
import { driftFinder } from './unit-drift.ts';
import { prepare, type Target } from './unit-files.ts';
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
  /** Writes a release to its destinations, which `current` then names. */
  lay(release: UnitRelease): Promise<void>;
  /** Likewise, and what else the release has that is there becomes what it was before upsync. */
  layBack(release: UnitRelease): Promise<void>;
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
 * is had here by order: forget what the program runs, name the release in `current`, swap the files. Killed in
 * between, the next start puts back what was proven and tells the program anew.
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

  /** What a disk refuses it mostly refuses before anything is changed. */
  async function write(release: UnitRelease, targets: readonly Target[]): Promise<void> {
    const fresh = await prepare(targets);
    try {
      await applied.forget();
      await point(layout.current, release);
      await fresh.swap();
    } finally {
      fresh.discard();
    }
  }

  return {
    named,
    known,
    applied,
    driftOf,
    point,
    lay: (release) => write(release, targetsOf(release)),
    async layBack(release) {
      const own = new Set(release.files.map(({ path }) => path));
      const over = (await named(layout.current))?.files ?? [];
      const others = over.map(({ path }) => path).filter((path) => !own.has(path));
      await write(release, [...targetsOf(release), ...originals.targets(others)]);
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
