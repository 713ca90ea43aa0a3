import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Crawl } from './crawl.ts';
import { apply, rewrites } from './test-rewrite.ts';

/** A copy of nginx's configuration that reads the candidate, and lets nginx write nowhere else. */
export interface Tree {
  readonly conf: string;
  /** Where nginx finds the candidate's `http.conf` and `stream.conf`. */
  readonly http: string;
  readonly stream: string;
  /** Where the copy of a file is. */
  staged(path: string): string;
  /** A message of nginx's, with the real paths in place of those of the stage. */
  restore(message: string): string;
}

/**
 * Writes the tree into `stage`, an empty folder of absolute path. `without` names modules that nginx
 * lacks. Whatever relative names lead to, certificates say, is reached through links.
 */
export async function writeTree(
  config: Crawl,
  candidate: string,
  stage: string,
  without: ReadonlySet<string>,
): Promise<Tree> {
  const written = new Map<string, string>();
  const places = {
    staged: (path: string) => `${stage}/tree${path}`,
    scratch: (path: string) => {
      const known = written.get(path) ?? `${stage}/scratch/${written.size}`;
      written.set(path, known);
      return known;
    },
  };
  const edits = rewrites(config, places, without);
  const { http, stream } = config.managed;
  const copied = new Set(config.sources.map(({ path }) => path));
  const links = new Map(
    (
      [
        [http, join(candidate, 'http.conf')],
        [stream, join(candidate, 'stream.conf')],
      ] as const
    ).filter(([link]) => !copied.has(link)),
  );
  const held = new Set([...copied, ...links.keys()]);
  const folders = new Set([...held].flatMap(ancestors));
  for (const link of await neighbours(config, held, folders)) links.set(link, link);

  const made = [join(stage, 'scratch'), ...[...folders].map(places.staged)];
  await Promise.all(made.map((folder) => mkdir(folder, { recursive: true })));
  await Promise.all([
    ...config.sources.map((source) =>
      writeFile(places.staged(source.path), apply(source.text, edits.get(source) ?? []), 'latin1'),
    ),
    ...[...links].map(([path, target]) => symlink(target, places.staged(path))),
  ]);

  const names = [
    ...config.sources.map(({ path, shown }): [string, string] => [places.staged(path), shown]),
    [places.staged(http), 'http.conf'] as const,
    [places.staged(stream), 'stream.conf'] as const,
  ];
  return {
    conf: places.staged(config.conf),
    http: places.staged(http),
    stream: places.staged(stream),
    staged: places.staged,
    restore: (message) => restore(message, new Map(names), written, stage, candidate),
  };
}

/**
 * The entries that stand beside the files of the tree. Relative names start from nginx.conf's folder,
 * so those at and below it do, unless one climbs out with `..`.
 */
async function neighbours(
  config: Crawl,
  held: ReadonlySet<string>,
  folders: ReadonlySet<string>,
): Promise<readonly string[]> {
  const home = dirname(config.conf);
  const climbs = config.sources.some(({ text }) => text.includes('../'));
  const wanted = [...folders].filter((folder) => climbs || folder === home || folder.startsWith(`${home}/`));
  const entries = await Promise.all(
    wanted.map(async (folder) => (await readdir(folder).catch(() => [])).map((name) => join(folder, name))),
  );
  return entries
    .flat()
    .filter((path) => !held.has(path) && !folders.has(path))
    .filter((path) => !isCompiledGeo(path, held));
}

/** nginx rewrites `<base>.bin` beside a large geo base that is newer: through a link, that would be the live one. */
function isCompiledGeo(path: string, held: ReadonlySet<string>): boolean {
  return basename(path).endsWith('.bin') && held.has(path.slice(0, -'.bin'.length));
}

function ancestors(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...ancestors(parent), parent];
}

function restore(
  message: string,
  names: ReadonlyMap<string, string>,
  written: ReadonlyMap<string, string>,
  stage: string,
  candidate: string,
): string {
  const originals = new Map([...written].map(([path, scratch]) => [scratch, path]));
  const inStage = new RegExp(`${RegExp.escape(stage)}/(?:scratch/\\d+|tree[^\\s"':]*)`, 'g');
  return message
    .replaceAll(
      inStage,
      (path) => names.get(path) ?? originals.get(path) ?? path.slice(`${stage}/tree`.length),
    )
    .replaceAll(`${candidate}/`, '');
}
