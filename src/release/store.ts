import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Report } from '../pipeline/event.ts';
import { frame, type ProofAddress } from '../pipeline/frame.ts';
import type { Clock, Releases } from '../pipeline/ports.ts';
import { ProblemError, problemOf } from '../pipeline/problem.ts';
import type { Candidate, Release } from '../pipeline/release.ts';
import { diffReleases } from './diff.ts';
import { digestOf } from './digest.ts';
import { pointAt, replaceDurably, syncFolder, targetOf, writeDurably } from './disk.ts';
import { type Layout, layoutOf } from './layout.ts';
import { manifestPath, readManifest } from './manifest.ts';

export interface StoreOptions {
  readonly output: string;
  /** Where candidates are staged: the output's own `releases`, or a private folder for a dry run. */
  readonly staging?: string;
  readonly proof: ProofAddress;
  readonly version: string;
  readonly clock: Clock;
  readonly report: Report;
  /** Throws where another upsync has taken the output folder. */
  readonly assertLocked: () => Promise<void>;
}

/** How many releases stay besides `current` and `proven`: nginx may be reading one, a person may want one back. */
const oldReleases = 5;

export function createReleases(options: StoreOptions): Releases {
  const { proof, version, clock, report, assertLocked } = options;
  const layout = layoutOf(options.output);
  const staging = options.staging ?? layout.releases;
  const known = new Map<string, Release>();

  /** The release that a link names; its manifest is read once. */
  async function named(link: string): Promise<Release | undefined> {
    const target = await targetOf(link);
    if (target === undefined) return undefined;
    const folder = join(layout.releases, basename(target));
    const cached = known.get(folder);
    if (cached !== undefined && existsSync(manifestPath(folder))) return cached;
    known.delete(folder);
    const manifest = await readManifest(folder);
    if (manifest === undefined) return undefined;
    const { digest, time, view } = manifest;
    const release = { folder, digest, time, view };
    known.set(folder, release);
    return release;
  }

  async function writeManifest({ folder, digest, view }: Candidate, time: number): Promise<void> {
    await replaceDurably(manifestPath(folder), `${JSON.stringify({ digest, time, version, view })}\n`);
  }

  return {
    live: () => named(layout.current),
    proven: () => named(layout.proven),
    digest: (files) => digestOf(files, proof),

    async stage(files, view) {
      const digest = digestOf(files, proof);
      const time = clock.now();
      const folder = join(staging, `${stamp(time)}-${digest}`);
      const all = [...files, ...frame(folder, digest, files, proof)];
      try {
        await Promise.all(all.map(({ path, contents }) => writeDurably(join(folder, path), contents)));
        await writeManifest({ folder, digest, view }, time);
        await syncFolder(staging);
      } catch (error) {
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
      const release = { folder, digest, time, view };
      known.set(folder, release);
      return release;
    },

    async discard({ folder }) {
      if ((await namedFolders(layout)).has(basename(folder))) return;
      known.delete(folder);
      await rm(folder, { recursive: true, force: true });
    },

    async publish({ folder }) {
      await assertLocked();
      const release = known.get(folder);
      if (release === undefined)
        throw new ProblemError({ what: 'a release was published that was not staged', where: folder });
      await pointAt(layout.current, join('releases', basename(folder)));
      report({ type: 'progress', step: 'publish', part: 'current' });
      await this.mend();
      // What cannot be removed now is tried again after the next publish.
      await prune(layout, known).catch((error) => report({ type: 'problem', problem: problemOf(error) }));
      return release;
    },

    async mend() {
      for (const { path, target } of layout.links) {
        if ((await targetOf(path)) === target) continue;
        await assertLocked();
        await pointAt(path, target);
        report({ type: 'progress', step: 'publish', part: path });
      }
    },

    async rollBack(to) {
      await assertLocked();
      if (to !== undefined) return pointAt(layout.current, join('releases', basename(to.folder)));
      // The links first: one that dangles keeps nginx from starting.
      for (const { path } of layout.links) await rm(path, { force: true });
      await rm(layout.current, { force: true });
    },

    async markProven(release) {
      const target = join('releases', basename(release.folder));
      if ((await targetOf(layout.proven)) === target) return;
      await assertLocked();
      await pointAt(layout.proven, target);
      report({ type: 'progress', step: 'prove', part: 'proven' });
    },

    async remember(view) {
      const release = await named(layout.current);
      if (release === undefined || isDeepStrictEqual(release.view, view)) return;
      await assertLocked();
      await writeManifest({ ...release, view }, release.time);
      known.set(release.folder, { ...release, view });
    },

    diff: diffReleases,
  };
}

/** The releases that must stay. */
async function namedFolders({ current, proven }: Layout): Promise<ReadonlySet<string>> {
  const links = await Promise.all([targetOf(current), targetOf(proven)]);
  return new Set(links.flatMap((target) => (target === undefined ? [] : basename(target))));
}

async function prune(layout: Layout, known: Map<string, Release>): Promise<void> {
  const named = await namedFolders(layout);
  const old = (await readdir(layout.releases)).filter((name) => !named.has(name)).sort();
  for (const name of old.slice(0, Math.max(0, old.length - oldReleases))) {
    const folder = join(layout.releases, name);
    known.delete(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

/** `20261123T052400.123Z`: sorts by time, and a person can read it. */
function stamp(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]/g, '');
}
