import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Report } from '../pipeline/event.ts';
import type { Clock, Releases } from '../pipeline/ports.ts';
import { type Problem, problemOf } from '../pipeline/problem.ts';
import { wentBack } from '../pipeline/snapshot.ts';
import { type Applied, filesOf, type UnitPlan } from '../pipeline/unit.ts';
import { diffFiles } from './diff.ts';
import { replaceDurably, syncAll, syncPath, targetOf } from './disk.ts';
import { releaseName } from './layout.ts';
import { manifestPath, manifestText } from './manifest.ts';
import { missing } from './missing.ts';
import { lookAt } from './unit-files.ts';
import { unitLayoutOf } from './unit-layout.ts';
import { unitPlace } from './unit-place.ts';
import { digestOf, type UnitRelease, writeUnitRelease } from './unit-release.ts';
import { sweepUnit } from './unit-sweep.ts';

export interface UnitStoreOptions {
  /** The managed folder; the unit has a part of it to itself. */
  readonly output: string;
  readonly unit: UnitPlan;
  /** Where candidates are staged: the unit's own `releases`, or a private folder for a dry run. */
  readonly staging?: string;
  readonly version: string;
  readonly clock: Clock;
  readonly report: Report;
  /** Throws where another upsync has taken the output folder. */
  readonly assertLocked: () => Promise<void>;
}

export interface UnitStore {
  readonly releases: Releases;
  readonly applied: Applied;
}

/** The files of another program: as createReleases has nginx's, but at destinations of their own. */
export function createUnitStore(options: UnitStoreOptions): UnitStore {
  const { output, unit, version, clock, report, assertLocked } = options;
  const layout = unitLayoutOf(output, unit.name);
  const { named, known, applied, driftOf, point, lay, takeOver } = unitPlace(layout);
  const staging = options.staging ?? layout.releases;
  const asked = new Map(unit.files.map((file) => [file.path, file]));
  /** Written, and perhaps not on disk yet. */
  const staged = new Map<string, { readonly release: UnitRelease; readonly paths: readonly string[] }>();
  let isDriftTold = false;

  const folderOf = (time: number, name: string) => join(staging, releaseName(time, name));

  function find(folder: string): UnitRelease {
    const release = known.get(folder) ?? staged.get(folder)?.release;
    return release ?? missing(folder);
  }

  function original(): UnitRelease {
    const [digest, time] = ['original', clock.now()];
    const view = { upstreams: [], routes: [], leftOut: [] };
    const folder = folderOf(time, digest);
    return { folder, digest, structure: digest, time, view, indexes: {}, files: [] };
  }

  function namedFolders(): ReadonlySet<string> {
    const links = [targetOf(layout.current), targetOf(layout.proven)];
    return new Set(links.flatMap((target) => (target === undefined ? [] : basename(target))));
  }

  const releases: Releases = {
    live: () => named(layout.current),
    proven: () => named(layout.proven),
    digest: (files) => digestOf(files, asked),
    structure: (files) => digestOf(files, asked),

    async stage(files, view, indexes = {}) {
      for (const { path } of files) lookAt(path);
      // What is in its files is nobody's business but the program's.
      if (staging === layout.releases) mkdirSync(layout.folder, { recursive: true, mode: 0o700 });
      const digest = digestOf(files, asked);
      const time = clock.now();
      const folder = folderOf(time, digest);
      const own = files.map(({ path }) => asked.get(path) ?? { path });
      const release = { folder, digest, structure: digest, time, view, indexes, files: own };
      staged.set(folder, { release, paths: writeUnitRelease(release, files, version) });
      return release;
    },

    async seal({ folder }) {
      const release = find(folder);
      await syncAll([...(staged.get(folder)?.paths ?? []), staging, layout.folder]);
      staged.delete(folder);
      known.set(folder, release);
    },

    // What is in the way of a file is met when it is written.
    obstacles: async () => [],
    adopt: async () => true,

    async discard({ folder }) {
      if (namedFolders().has(basename(folder))) return;
      known.delete(folder);
      staged.delete(folder);
      await rm(folder, { recursive: true, force: true });
    },

    async publish({ folder }) {
      await assertLocked();
      const release = find(folder);
      const before = await takeOver(release, await named(layout.current), original, version);
      try {
        await lay(release);
      } catch (error) {
        // Files of two releases beside each other were never tested.
        const isTorn = targetOf(layout.current) === join('releases', basename(folder));
        if (isTorn && before !== undefined) await lay(before).catch(() => undefined);
        throw error;
      }
      report({ type: 'progress', step: 'publish', part: 'files' });
      return release;
    },

    async rollBack(to) {
      await assertLocked();
      if (to === undefined) rmSync(layout.current, { force: true });
      else await lay(find(to.folder));
    },

    async markProven(release) {
      if (targetOf(layout.proven) === join('releases', basename(release.folder))) return;
      await assertLocked();
      await point(layout.proven, release);
      report({ type: 'progress', step: 'prove', part: 'proven' });
    },

    async mend() {
      const live = await named(layout.current);
      const where = live === undefined ? undefined : driftOf(live);
      if (live === undefined || where === undefined) return;
      await assertLocked();
      // Whoever edits a file while a pass is under way is to hear of it as well.
      if (!isDriftTold) report({ type: 'problem', problem: drifted(where) });
      await lay(live);
      isDriftTold = false;
    },

    async damage() {
      const live = await named(layout.current);
      const where = live === undefined ? undefined : driftOf(live);
      isDriftTold = where !== undefined;
      return where === undefined ? undefined : drifted(where);
    },

    async tidy() {
      try {
        if (existsSync(layout.folder)) await syncPath(layout.folder);
        const had = (await named(layout.current))?.files.map(({ path }) => path) ?? [];
        await sweepUnit(layout, namedFolders(), new Set([...asked.keys(), ...had]));
      } catch (error) {
        // What cannot be removed now is tried again after the next publish.
        report({ type: 'problem', problem: problemOf(error) });
      }
      for (const folder of known.keys()) if (!existsSync(folder)) known.delete(folder);
    },

    async remember(view, indexes) {
      const release = await named(layout.current);
      if (release === undefined) return;
      const isSame = isDeepStrictEqual(release.view, view) && !wentBack(release.indexes, indexes);
      // The next pass knows by the very object what it need not look at again.
      const seen = isSame
        ? { ...release, view }
        : { ...release, view, indexes: { ...release.indexes, ...indexes } };
      if (!isSame) {
        await assertLocked();
        const { files: _, ...rest } = seen;
        await replaceDurably(manifestPath(release.folder), manifestText(rest, version));
      }
      known.set(release.folder, seen);
    },

    /** Against what is there, whoever wrote it. */
    async diff({ folder }) {
      const paths = find(folder).files.map(({ path }) => path);
      const there = paths.filter((path) => lookAt(path) !== undefined);
      return diffFiles(
        new Map(there.map((path) => [path, readFileSync(path, 'utf8')])),
        new Map(paths.map((path) => [path, readFileSync(join(filesOf(folder), path), 'utf8')])),
      );
    },
  };
  return { releases, applied };
}

function drifted(where: string): Problem {
  return {
    what: 'this file was changed or taken away, and is written again',
    where,
    remedy: 'edit the template instead',
  };
}
