import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { peersPath } from '../pipeline/peers.ts';
import type { Problem } from '../pipeline/problem.ts';
import type { Release } from '../pipeline/release.ts';
import { targetOf } from './disk.ts';
import type { Layout } from './layout.ts';
import type { Lua } from './lua-code.ts';
import { manifestPath } from './manifest.ts';

/** What is not as it was published, where nginx would not start with it any more. */
export function damageOf({ links, current }: Layout): Problem | undefined {
  const lost = links.find(({ path, target }) => targetOf(path) !== target || !existsSync(path));
  if (lost !== undefined) return gone(lost.path);
  const manifest = manifestPath(current);
  if (!existsSync(manifest)) return gone(manifest);
  // A copy that followed the links can be read, and not be replaced in one step.
  return targetOf(current) === undefined ? gone(current) : undefined;
}

/** Whether somebody took something away of a release: it is made anew then. */
export function isWhole(folder: string): boolean {
  return [manifestPath(folder), join(folder, 'http.conf'), join(folder, 'stream.conf')].every((path) =>
    existsSync(path),
  );
}

/** What is missing of what its workers read: nginx would start without it, and serve nobody. */
export function lostOfPush({ folder, digest, structure }: Release, lua: Lua | undefined): string | undefined {
  // A release without peers is all structure.
  if (lua === undefined || structure === digest) return undefined;
  const code = [...lua.code.files.keys()].map((name) => join(lua.balancer.folder, name));
  return [join(folder, peersPath), ...code].find((path) => !existsSync(path));
}

export function gone(path: string): Problem {
  return {
    what: 'what nginx starts with was taken away or changed here, and is made again',
    where: path,
    remedy: 'nobody but upsync should write in this folder',
  };
}
