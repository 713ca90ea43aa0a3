import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Candidate, FileDiff, Release } from '../pipeline/release.ts';

/** Unified diffs of the rendered files, live against candidate; equal files are left out. */
export async function diffReleases(candidate: Candidate, live: Release | undefined): Promise<FileDiff[]> {
  // Only a dry run shows them.
  const { createTwoFilesPatch } = await import('diff');
  const before = live === undefined ? new Map<string, string>() : await readRendered(live.folder);
  const after = await readRendered(candidate.folder);
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path) => {
    const old = before.get(path);
    const fresh = after.get(path);
    if (old === fresh) return [];
    const name = (contents: string | undefined, side: string) =>
      contents === undefined ? '/dev/null' : `${side}/${path}`;
    const patch = createTwoFilesPatch(name(old, 'live'), name(fresh, 'candidate'), old ?? '', fresh ?? '');
    return [{ path, patch: patch.replace(/^=+\n/, '') }];
  });
}

async function readRendered(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.parentPath !== folder)
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      paths.map(async (path) => [relative(folder, path), await readFile(path, 'utf8')] as const),
    ),
  );
}
