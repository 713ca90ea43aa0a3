import { join } from 'node:path';

/**
 * What is kept of the files of another program, which themselves lie at their destinations:
 * ```
 * <output>/units/<name>/current     → releases/<release>   what was written to the destinations last
 * <output>/units/<name>/proven      → releases/<release>   what the program was last told with success
 * <output>/units/<name>/applied     its digest, while it is certain that this is what the program has
 * <output>/units/<name>/releases/<release>/   manifest.json files.json files/<destination>
 * <output>/units/<name>/originals/            index.json files/<destination>: what was there before upsync
 * ```
 */
export interface UnitLayout {
  readonly folder: string;
  readonly releases: string;
  readonly current: string;
  readonly proven: string;
  readonly applied: string;
  readonly originals: string;
}

export function unitLayoutOf(output: string, name: string): UnitLayout {
  const folder = join(output, 'units', name);
  return {
    folder,
    releases: join(folder, 'releases'),
    current: join(folder, 'current'),
    proven: join(folder, 'proven'),
    applied: join(folder, 'applied'),
    originals: join(folder, 'originals'),
  };
}
