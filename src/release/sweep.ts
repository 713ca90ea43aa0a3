import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { targetOf } from './disk.ts';
import type { Layout } from './layout.ts';
import { manifestPath } from './manifest.ts';

/** How many releases stay besides `current` and `proven`: nginx may be reading one, a person may want one back. */
const oldReleases = 5;

/** What disk.ts makes beside a path before it renames it: such a name stays only where a process was killed. */
const unfinished = /\.[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** The releases that must stay. */
export async function namedFolders({ current, proven }: Layout): Promise<ReadonlySet<string>> {
  const links = await Promise.all([targetOf(current), targetOf(proven)]);
  return new Set(links.flatMap((target) => (target === undefined ? [] : basename(target))));
}

/** Removes old releases, and what a killed process left half done. Only for who holds the lock, and stages nothing. */
export async function sweep(layout: Layout, balancer?: string): Promise<void> {
  const named = await namedFolders(layout);
  const others = (await namesIn(layout.releases)).filter((name) => !named.has(name)).sort();
  // The manifest is written last.
  const torn = others.filter((name) => !existsSync(manifestPath(join(layout.releases, name))));
  const whole = others.filter((name) => !torn.includes(name));
  const old = whole.slice(0, Math.max(0, whole.length - oldReleases));
  const places = [layout.output, ...layout.links.map(({ path }) => dirname(path))];
  const left = await Promise.all(
    places.map(async (place) =>
      (await namesIn(place)).filter((name) => unfinished.test(name)).map((name) => join(place, name)),
    ),
  );
  for (const path of [...[...torn, ...old].map((name) => join(layout.releases, name)), ...left.flat()]) {
    await rm(path, { recursive: true, force: true });
  }
  await sweepCode(layout, balancer);
}

/** Removes the code of Lua balancers that no release names any more. `kept` is that of the next one. */
async function sweepCode({ lua, releases }: Layout, kept: string | undefined): Promise<void> {
  const folders = (await namesIn(lua)).map((name) => join(lua, name)).filter((folder) => folder !== kept);
  if (folders.length === 0) return;
  const frames = await Promise.all(
    (await namesIn(releases)).map((name) =>
      readFile(join(releases, name, 'http.conf'), 'utf8').catch(() => ''),
    ),
  );
  for (const folder of folders) {
    if (frames.some((text) => text.includes(`"${folder}"`))) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
