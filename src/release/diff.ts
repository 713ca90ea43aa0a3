import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { peersPath } from '../pipeline/peers.ts';
import type { Candidate, FileDiff, Release } from '../pipeline/release.ts';

/** Unified diffs of the rendered files, live against candidate; equal files are left out. */
export async function diffReleases(candidate: Candidate, live: Release | undefined): Promise<FileDiff[]> {
  const before = live === undefined ? new Map<string, string>() : await readRendered(live.folder);
  return diffFiles(before, await readRendered(candidate.folder));
}

/** The same of texts by their path. */
export async function diffFiles(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Promise<FileDiff[]> {
  // Only a dry run shows them.
  const { createTwoFilesPatch } = await import('diff');
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path) => {
    const old = before.get(path);
    const fresh = after.get(path);
    if (old === fresh) return [];
    const name = (contents: string | undefined, side: string) =>
      contents === undefined ? '/dev/null' : join(side, path);
    const patch = createTwoFilesPatch(name(old, 'live'), name(fresh, 'candidate'), old ?? '', fresh ?? '');
    return [{ path, patch: patch.replace(/^=+\n/, '') }];
  });
}

async function readRendered(folder: string): Promise<Map<string, string>> {
  const config = dirname(await realpath(join(folder, 'http.conf')));
  const entries = await readdir(config, { recursive: true, withFileTypes: true });
  const rendered = entries
    .filter((entry) => entry.isFile() && entry.parentPath !== config)
    .map((entry) => join(entry.parentPath, entry.name));
  // Its head names the release, and always differs.
  const peers = await readFile(join(folder, peersPath), 'utf8').then(
    (text) => [[peersPath, text.slice(text.indexOf('\n') + 1)] as const],
    () => [],
  );
  const texts = rendered.map(async (path) => [relative(config, path), await readFile(path, 'utf8')] as const);
  return new Map([...peers, ...(await Promise.all(texts))]);
}
