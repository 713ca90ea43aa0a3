import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { placeOf } from '../pipeline/outside.ts';
import { peersPath } from '../pipeline/peers.ts';
import type { Candidate, FileDiff, Release } from '../pipeline/release.ts';

/**
 * Unified diffs of the rendered files, live against candidate; equal files are left out. What stands now where a file
 * comes to lie outside of the managed folder counts as what was before.
 */
export async function diffReleases(candidate: Candidate, live: Release | undefined): Promise<FileDiff[]> {
  const before = live === undefined ? new Map<string, string>() : await readRendered(live);
  for (const path of candidate.outside ?? []) {
    const there = before.has(path) ? undefined : await readFile(path, 'utf8').catch(() => undefined);
    if (there !== undefined) before.set(path, there);
  }
  return diffFiles(before, await readRendered(candidate), (path) =>
    attributesChange(live?.attributes?.[path], candidate.attributes?.[path]),
  );
}

/** The same of texts by their path. `headOf`: what else changes in a file, in a line of its own; empty for nothing. */
export async function diffFiles(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  headOf: (path: string) => string = () => '',
): Promise<FileDiff[]> {
  // Only a dry run shows them.
  const { createTwoFilesPatch } = await import('diff');
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path) => {
    const old = before.get(path);
    const fresh = after.get(path);
    const head = headOf(path);
    if (old === fresh) return head === '' ? [] : [{ path, patch: `${path}: ${head}` }];
    const name = (contents: string | undefined, side: string) =>
      contents === undefined ? '/dev/null' : join(side, path);
    const patch = createTwoFilesPatch(name(old, 'live'), name(fresh, 'candidate'), old ?? '', fresh ?? '');
    return [{ path, patch: `${head}${patch.replace(/^=+\n/, '')}` }];
  });
}

function attributesChange(before: string | undefined, after: string | undefined): string {
  return before === after ? '' : `${before ?? 'default mode and owner'} becomes ${after ?? 'default'}\n`;
}

async function readRendered({ folder, outside = [] }: Candidate): Promise<Map<string, string>> {
  const config = dirname(await realpath(join(folder, 'http.conf')));
  const own = ['http', 'stream'].map((context) =>
    readdir(join(config, context), { recursive: true, withFileTypes: true }).catch(() => []),
  );
  const rendered = (await Promise.all(own))
    .flat()
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  // Its head names the release, and always differs.
  const peers = await readFile(join(folder, peersPath), 'utf8').then(
    (text) => [[peersPath, text.slice(text.indexOf('\n') + 1)] as const],
    () => [],
  );
  const places = [
    ...rendered.map((path) => [relative(config, path), path] as const),
    ...outside.map((path) => [path, join(config, placeOf(path))] as const),
  ];
  const texts = places.map(async ([path, place]) => [path, await readFile(place, 'utf8')] as const);
  return new Map([...peers, ...(await Promise.all(texts))]);
}
