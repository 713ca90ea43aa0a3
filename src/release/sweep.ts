import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isWhole } from './damage.ts';
import { targetOf } from './disk.ts';
import type { Layout } from './layout.ts';

/** How many releases stay besides `current` and `proven`: nginx may be reading one, a person may want one back. */
export const oldReleases = 5;

/** What disk.ts makes beside a path before it renames it: such a name stays only where a process was killed. */
export const unfinished = /\.[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** The releases that must stay. */
export function namedFolders({ current, proven }: Layout): ReadonlySet<string> {
  const links = [targetOf(current), targetOf(proven)];
  return new Set(links.flatMap((target) => (target === undefined ? [] : basename(target))));
}

/** Removes old releases, and what a killed process left half done. Only for who holds the lock, and stages nothing. */
export async function sweep(layout: Layout, balancer?: string): Promise<void> {
  const named = namedFolders(layout);
  const others = (await namesIn(layout.releases)).filter((name) => !named.has(name)).sort();
  const torn = others.filter((name) => !isWhole(join(layout.releases, name)));
  const whole = others.filter((name) => !torn.includes(name));
  const old = whole.slice(0, Math.max(0, whole.length - oldReleases));
  const places = [layout.output, layout.spare, ...layout.links.map(({ path }) => dirname(path))];
  const left = await Promise.all(
    places.map(async (place) =>
      (await namesIn(place)).filter((name) => unfinished.test(name)).map((name) => join(place, name)),
    ),
  );
  for (const path of [...[...torn, ...old].map((name) => join(layout.releases, name)), ...left.flat()]) {
    await rm(path, { recursive: true, force: true });
  }
  await sweepShared(layout, balancer);
}

/** Removes configuration and code of Lua balancers that no release names any more. `kept` is the next one's code. */
export async function sweepShared(
  { lua, config, releases }: Layout,
  kept: string | undefined,
): Promise<void> {
  const frames = (await namesIn(releases)).map((name) => join(releases, name, 'http.conf'));
  const linked = new Set(frames.flatMap((frame) => basename(dirname(targetOf(frame) ?? ''))));
  for (const name of await namesIn(config))
    if (!linked.has(name)) await rm(join(config, name), { recursive: true, force: true });
  const folders = (await namesIn(lua)).map((name) => join(lua, name)).filter((folder) => folder !== kept);
  if (folders.length === 0) return;
  const texts = await Promise.all(frames.map((frame) => readFile(frame, 'utf8').catch(() => '')));
  for (const folder of folders) {
    if (texts.some((text) => text.includes(`"${folder}"`))) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

export function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
