import { symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { framePaths } from '../pipeline/frame.ts';
import type { Release } from '../pipeline/release.ts';
import type { Contents } from './contents.ts';
import { withFolders, writeAll } from './disk.ts';
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
  { config, peers, structure }: Contents,
  common: Common | undefined,
  version: string,
): Promise<readonly string[]> {
  const { folder } = release;
  const own = [...peers, ...(common === undefined ? config(folder) : [])];
  const files = own.map(([path, text]) => [join(folder, path), text] as const);
  files.push([manifestPath(folder), manifestText(release, version)]);
  try {
    writeAll(folder, files);
    if (common !== undefined) await share(folder, config, join(common.configs, structure), common.lua);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return withFolders(files.map(([path]) => path));
}

/** Of releases with the same configuration, each links to it. */
async function share(
  folder: string,
  config: Contents['config'],
  place: string,
  { balancer, code }: Lua,
): Promise<void> {
  await lay(balancer.folder, code.files);
  await lay(place, config(place));
  for (const path of framePaths) symlinkSync(relative(folder, join(place, path)), join(folder, path));
}
