import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { placeOf } from '../pipeline/outside.ts';
import { headOf, peersPath, peersProblem } from '../pipeline/peers.ts';
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

/** Whether somebody took something away of a release: it is made anew then. `outside` are files of its own. */
export function isWhole(folder: string, outside: readonly string[] = []): boolean {
  const own = ['http.conf', 'stream.conf', ...outside.map(placeOf)].map((path) => join(folder, path));
  return [manifestPath(folder), ...own].every((path) => existsSync(path));
}

/** Of releases whose peers were found whole, when those were changed last: they are read again only where that moved. */
export type Intact = Map<string, number>;

/** What is missing or spoiled of what its workers read: nginx would start with it, and serve nobody. */
export function lostOfPush(release: Release, lua: Lua | undefined, intact: Intact): string | undefined {
  // A release without peers is all structure.
  if (lua === undefined || release.structure === release.digest) return undefined;
  if (!hasPeers(release, intact)) return join(release.folder, peersPath);
  const code = [...lua.code.files.keys()].map((name) => join(lua.balancer.folder, name));
  return code.find((path) => !existsSync(path));
}

/** By its owner, by its group, by all. */
const readable = 0o444;

function hasPeers({ folder, digest, structure }: Release, intact: Intact): boolean {
  const path = join(folder, peersPath);
  try {
    const { ctimeMs, mode } = statSync(path);
    if (intact.get(folder) === ctimeMs) return true;
    const text = readFileSync(path, 'utf8');
    // Both were written alike: root can read what workers may not.
    const isReadable = (statSync(manifestPath(folder)).mode & ~mode & readable) === 0;
    const isIts = text.startsWith(headOf(digest, structure));
    if (!isReadable || !isIts || peersProblem(text) !== undefined) return false;
    // Only those of the live and the proven release are asked for.
    if (intact.size > 10) intact.clear();
    intact.set(folder, ctimeMs);
    return true;
  } catch {
    return false;
  }
}

export function damageOfPush(release: Release, lua: Lua | undefined, intact: Intact): Problem | undefined {
  const path = lostOfPush(release, lua, intact);
  return path === undefined ? undefined : gone(path);
}

function gone(path: string): Problem {
  return {
    what: 'what nginx starts with was taken away or changed here, and is made again',
    where: path,
    remedy: 'nobody but upsync should write in this folder',
  };
}
