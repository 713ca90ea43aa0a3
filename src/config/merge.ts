import type { Problem } from '../pipeline/problem.ts';
import type { ConfigFile } from './file.ts';
import type { Given } from './given.ts';
import { spell, type Where } from './problems.ts';
import type { Asked } from './services.ts';
import { settings } from './settings.ts';

/** The configuration as one tree, its values not checked. */
export interface Merged {
  readonly root: unknown;
  readonly where: Where;
  /** What a relative path under this key is relative to. */
  readonly folderOf: (key: string) => string;
  readonly problems: readonly Problem[];
}

interface Layers {
  readonly file: ConfigFile | undefined;
  /** Count where the file is silent. */
  readonly below: readonly Given[];
  /** Count before the file. */
  readonly above: readonly Given[];
  readonly services: readonly Asked[];
  readonly cwd: string;
}

export function merge({ file, below, above, services, cwd }: Layers): Merged {
  const root = isTree(file?.root) ? withoutEmptySections(file.root, '') : (file?.root ?? {});
  const from = new Map<string, string>();
  const problems: Problem[] = [];
  for (const one of below) if (put(root, one.key.split('.'), one.value, false)) from.set(one.key, one.from);
  for (const one of above) if (put(root, one.key.split('.'), one.value, true)) from.set(one.key, one.from);
  for (const one of services) {
    const path = ['upstreams', one.upstream];
    if (put(root, path, { service: one.service }, false)) from.set(spell(path), one.from);
    else problems.push(...conflict(root, one));
  }
  const setBy = (key: string) => [...from].find(([set]) => key === set || key.startsWith(`${set}.`))?.[1];
  return {
    root,
    where: (path) => setBy(spell(path)) ?? inFile(file, path),
    folderOf: (key) => (setBy(key) === undefined && file !== undefined ? file.folder : cwd),
    problems,
  };
}

type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A section whose every key is commented out is null in YAML. An empty scalar stays, to be refused. */
function withoutEmptySections(tree: Tree, prefix: string): Tree {
  const kept = Object.entries(tree).filter(([key, value]) => value !== null || !isSection(`${prefix}${key}`));
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      isTree(value) ? withoutEmptySections(value, `${prefix}${key}.`) : value,
    ]),
  );
}

function isSection(path: string): boolean {
  return (
    path === 'upstreams' ||
    path === 'units' ||
    Object.keys(settings).some((key) => key.startsWith(`${path}.`))
  );
}

/** Sets a value in the tree; false where one is there that stays, or where something is no section. */
function put(tree: unknown, [key = '', ...rest]: readonly string[], value: unknown, over: boolean): boolean {
  if (!isTree(tree)) return false;
  const there = Object.hasOwn(tree, key);
  if (rest.length === 0) {
    if (there && !over) return false;
    tree[key] = value;
    return true;
  }
  if (!there) tree[key] = {};
  return put(tree[key], rest, value, over);
}

function conflict(root: unknown, { upstream, service, from }: Asked): readonly Problem[] {
  const upstreams = isTree(root) ? root.upstreams : undefined;
  if (!isTree(upstreams)) return [];
  const set = upstreams[upstream];
  const other = isTree(set) && typeof set.service === 'string' ? set.service : upstream;
  if (other === service) return [];
  const what = `upstream ${upstream} cannot follow ${service}: it follows ${other} already`;
  return [{ what, where: from, remedy: 'give one of them another upstream, as UPSTREAM=NAME' }];
}

function inFile(file: ConfigFile | undefined, path: readonly PropertyKey[]): string {
  const key = spell(path);
  return file === undefined ? key : `${file.name}:${file.lineOf(path)} ${key}`.trim();
}
