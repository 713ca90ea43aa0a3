import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { namesIn, oldReleases, unfinished } from './sweep.ts';
import type { UnitLayout } from './unit-layout.ts';
import { isUnitRelease } from './unit-release.ts';

/** Removes old releases but `named`, and what a killed process left half done there and beside the destinations. */
export async function sweepUnit(
  { folder, releases, originals }: UnitLayout,
  named: ReadonlySet<string>,
  destinations: ReadonlySet<string>,
): Promise<void> {
  const others = (await namesIn(releases)).filter((name) => !named.has(name)).sort();
  const torn = others.filter((name) => !isUnitRelease(join(releases, name)));
  const whole = others.filter((name) => !torn.includes(name));
  const old = whole.slice(0, Math.max(0, whole.length - oldReleases));
  const left = await Promise.all([
    ...[folder, originals].map((place) => unfinishedIn(place, () => true)),
    ...[...destinations].map((path) => unfinishedIn(dirname(path), (name) => name === `.${basename(path)}`)),
  ]);
  for (const path of [...[...torn, ...old].map((name) => join(releases, name)), ...left.flat()])
    await rm(path, { recursive: true, force: true });
}

async function unfinishedIn(place: string, isOurs: (of: string) => boolean): Promise<string[]> {
  const names = await namesIn(place);
  return names
    .filter((name) => unfinished.test(name) && isOurs(name.replace(unfinished, '')))
    .map((name) => join(place, name));
}
