import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Report } from '../pipeline/event.ts';
import type { ProofAddress } from '../pipeline/frame.ts';
import { perObject } from '../pipeline/memo.ts';
import { peersPath } from '../pipeline/peers.ts';
import type { Clock, Releases } from '../pipeline/ports.ts';
import { problemOf } from '../pipeline/problem.ts';
import type { File, Release } from '../pipeline/release.ts';
import { wentBack } from '../pipeline/snapshot.ts';
import { contentsOf } from './contents.ts';
import { damageOf, damageOfPush, type Intact, isWhole, lostOfPush } from './damage.ts';
import { diffReleases } from './diff.ts';
import { pointAt, pointDurably, replaceByCopy, replaceDurably, syncAll, syncPath, targetOf } from './disk.ts';
import { keptOf } from './held.ts';
import { layoutOf, releaseName } from './layout.ts';
import type { Lua } from './lua-code.ts';
import { manifestPath, manifestText, readManifest } from './manifest.ts';
import { missing } from './missing.ts';
import { outsideLinks } from './outside.ts';
import { namedFolders, sweep, sweepShared } from './sweep.ts';
import { writeRelease } from './write.ts';

export interface StoreOptions {
  readonly output: string;
  /** Where candidates are staged: the output's own `releases`, or a private folder for a dry run. */
  readonly staging?: string;
  readonly proof: ProofAddress;
  /** Where nginx balances in Lua. */
  readonly lua?: Lua | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly report: Report;
  /** Throws where another upsync has taken the output folder. */
  readonly assertLocked: () => Promise<void>;
}

export function createReleases(options: StoreOptions): Releases {
  const { proof, lua, version, clock, report, assertLocked } = options;
  const layout = layoutOf(options.output);
  const staging = options.staging ?? layout.releases;
  /** A dry run's release is never run. */
  const common =
    lua === undefined || staging !== layout.releases ? undefined : { lua, configs: layout.config };
  // The proof server may move, but not while a pass has the same files.
  const contents = perObject((files: readonly File[]) => contentsOf(files, proof, lua?.balancer));
  /** Complete on disk. */
  const known = new Map<string, Release>();
  const intact: Intact = new Map();
  const links = outsideLinks(layout, {
    ...options,
    known: () => Promise.all([named(layout.current), named(layout.proven)]),
  });
  /** Written, and perhaps not on disk yet. */
  const staged = new Map<string, { readonly release: Release; readonly paths: readonly string[] }>();
  /** Whether there is a release for nginx to start with, as far as this process has seen. */
  let isLaid = false;

  /** The release that a link names; its manifest is read once. */
  async function named(link: string): Promise<Release | undefined> {
    const target = targetOf(link);
    if (target === undefined) return undefined;
    const folder = join(layout.releases, basename(target));
    const cached = known.get(folder);
    if (!isWhole(folder, cached?.outside)) return undefined;
    if (cached !== undefined) return lostOfPush(cached, lua, intact) === undefined ? cached : undefined;
    const manifest = await readManifest(folder);
    if (manifest === undefined || !isWhole(folder, manifest.outside)) return undefined;
    const { version: _, structure = manifest.digest, ...rest } = manifest;
    const release = { folder, structure, ...rest };
    if (lostOfPush(release, lua, intact) !== undefined) return undefined;
    known.set(folder, release);
    return release;
  }

  return {
    live: () => named(layout.current),
    proven: () => named(layout.proven),
    digest: (files) => contents(files).digest,
    structure: (files) => contents(files).structure,

    async stage(files, view, indexes = {}) {
      const { digest, structure, noted } = contents(files);
      const time = clock.now();
      const folder = join(staging, releaseName(time, digest));
      const kept = await links.keptBeside(noted.outside ?? []);
      const release = { folder, digest, structure, time, view, indexes, ...noted, ...keptOf(kept) };
      const paths = await writeRelease(release, contents(files), common, kept, version);
      staged.set(folder, { release, paths });
      return release;
    },

    async seal({ folder }) {
      const { release, paths } = staged.get(folder) ?? missing(folder);
      await syncAll([...paths, staging]);
      staged.delete(folder);
      known.set(folder, release);
    },

    obstacles: links.obstacles,
    adopt: links.adopt,

    async discard({ folder }) {
      if (namedFolders(layout).has(basename(folder))) return;
      known.delete(folder);
      staged.delete(folder);
      await rm(folder, { recursive: true, force: true });
      // Its configuration was nobody else's, most likely.
      if (common !== undefined) await sweepShared(layout, common.lua.balancer.folder);
    },

    async publish({ folder }) {
      await assertLocked();
      const release = known.get(folder) ?? missing(folder);
      pointAt(layout.current, join('releases', basename(folder)));
      report({ type: 'progress', step: 'publish', part: 'current' });
      await this.mend();
      return release;
    },

    async mend() {
      for (const { path, target } of layout.links) {
        if (targetOf(path) === target) continue;
        await assertLocked();
        await pointDurably(path, target);
        report({ type: 'progress', step: 'publish', part: path });
      }
      await links.mend();
      isLaid = true;
    },

    async damage() {
      if (!isLaid) return undefined;
      const lost = damageOf(layout);
      if (lost !== undefined) return lost;
      const live = known.get(join(layout.releases, basename(targetOf(layout.current) ?? '')));
      return live && (damageOfPush(live, lua, intact) ?? links.damage(live));
    },

    async tidy() {
      try {
        // Nothing goes before the disk has what took its place.
        await syncPath(layout.output);
        await sweep(layout, lua?.balancer.folder);
        links.sweep();
      } catch (error) {
        // What cannot be removed now is tried again after the next publish.
        report({ type: 'problem', problem: problemOf(error) });
      }
      for (const folder of known.keys()) if (!existsSync(folder)) known.delete(folder);
    },

    async rollBack(to) {
      await assertLocked();
      if (to !== undefined) {
        await links.secure(to);
        return pointDurably(layout.current, join('releases', basename(to.folder)));
      }
      isLaid = false;
      // The links first: one that dangles keeps nginx from starting.
      await links.drop();
      for (const { path } of layout.links) await rm(path, { force: true });
      await rm(layout.current, { force: true });
    },

    async markProven(release) {
      const target = join('releases', basename(release.folder));
      if (targetOf(layout.proven) !== target) {
        await assertLocked();
        await pointDurably(layout.proven, target);
        // A release without peers is all structure.
        if (release.structure !== release.digest)
          replaceByCopy(join(layout.spare, peersPath), join(release.folder, peersPath));
        report({ type: 'progress', step: 'prove', part: 'proven' });
      }
      await links.letGo(release);
    },

    async remember(view, indexes) {
      const release = await named(layout.current);
      if (release === undefined) return;
      if (isDeepStrictEqual(release.view, view) && !wentBack(release.indexes, indexes)) {
        // The next pass knows by the very object what it need not look at again.
        known.set(release.folder, { ...release, view });
        return;
      }
      await assertLocked();
      const remembered = { ...release, view, indexes: { ...release.indexes, ...indexes } };
      await replaceDurably(manifestPath(remembered.folder), manifestText(remembered, version));
      known.set(release.folder, remembered);
    },

    diff: diffReleases,
  };
}
