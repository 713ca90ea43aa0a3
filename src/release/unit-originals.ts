import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { filesOf } from '../pipeline/unit.ts';
import { replaceDurably, syncAll, withFolders } from './disk.ts';
import { lookAt, type Target } from './unit-files.ts';

const found = z.object({ mode: z.number(), uid: z.number(), gid: z.number() });
const index = z.record(z.string(), found.nullable());

/** What was at the destinations before upsync wrote there. */
export interface Originals {
  /** Keeps what is there now, and tells whether anything is. */
  save(paths: readonly string[]): Promise<boolean>;
  /** What to write to have it back; of what was never kept, nothing. */
  targets(paths: readonly string[]): readonly Target[];
}

export function originalsIn(folder: string): Originals {
  const indexPath = join(folder, 'index.json');
  const place = (path: string) => join(filesOf(folder), path);
  const read = (): z.infer<typeof index> => {
    try {
      return index.parse(JSON.parse(readFileSync(indexPath, 'utf8')));
    } catch {
      return {};
    }
  };

  return {
    async save(paths) {
      if (paths.length === 0) return false;
      const entries = paths.map((path) => [path, lookAt(path)] as const);
      for (const [path] of entries) mkdirSync(dirname(place(path)), { recursive: true });
      for (const [path, stats] of entries) {
        if (stats === undefined) continue;
        // As bytes: it need not be text.
        await replaceDurably(place(path), readFileSync(path));
      }
      const fresh = entries.map(([path, stats]) => [
        path,
        stats === undefined ? null : { mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid },
      ]);
      await replaceDurably(indexPath, JSON.stringify({ ...read(), ...Object.fromEntries(fresh) }));
      await syncAll(
        withFolders(
          dirname(folder),
          [],
          entries.map(([path]) => place(path)),
        ),
      );
      return entries.some(([, stats]) => stats !== undefined);
    },
    targets(paths) {
      const known = read();
      return paths.flatMap((path): Target[] => {
        const stats = known[path];
        if (stats === undefined) return [];
        if (stats === null) return [{ path, contents: undefined, mode: undefined, owner: undefined }];
        const { mode, ...owner } = stats;
        return [{ path, contents: readFileSync(place(path)), mode, owner, isLenient: true }];
      });
    },
  };
}
