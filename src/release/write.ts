import { mkdirSync, symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { framePaths } from '../pipeline/frame.ts';
import { placeOf } from '../pipeline/outside.ts';
import type { Release } from '../pipeline/release.ts';
import { withPresent, writeWithAttributes } from './attributes.ts';
import type { Contents } from './contents.ts';
import { withFolders } from './disk.ts';
import { type Kept, writeKept } from './held.ts';
import { lay } from './lay.ts';
import type { Lua } from './lua-code.ts';
import { manifestPath, manifestText } from './manifest.ts';

/** Where what several releases have in common lies. */
export interface Common {
  readonly lua: Lua;
  /** Of configurations by their structure. */
  readonly configs: string;
}

/** Writes a release, and gives what of it the disk may not have yet. What is in common it has then. */
export async function writeRelease(
  release: Release,
  { config, peers, structure, special: asked, noted }: Contents,
  common: Common | undefined,
  kept: readonly Kept[],
  version: string,
): Promise<readonly string[]> {
  const { folder } = release;
  const outside = noted.outside ?? [];
  const special = withPresent(asked, outside);
  const own = [...peers, ...(common === undefined ? config(folder) : [])];
  const files = own.map(([path, text]) => [join(folder, path), text] as const);
  files.push([manifestPath(folder), manifestText(release, version)]);
  const written = files.map(([path]) => path);
  const links: string[] = [];
  try {
    writeWithAttributes(folder, files, common === undefined ? special : []);
    if (common !== undefined) {
      const place = join(common.configs, structure);
      await lay(common.lua.balancer.folder, common.lua.code.files);
      await lay(place, config(place), special);
      links.push(...linkTo(place, folder, outside));
    }
    written.push(...writeKept(folder, kept));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return withFolders(folder, written, links);
}

/** Of releases with the same configuration, each links to it. */
function linkTo(place: string, folder: string, outside: readonly string[]): string[] {
  return [...framePaths, ...outside.map(placeOf)].map((path) => {
    const link = join(folder, path);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(relative(dirname(link), join(place, path)), link);
    return link;
  });
}
