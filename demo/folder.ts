import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface Folder extends AsyncDisposable {
  readonly path: string;
}

const cache = join(import.meta.dirname, '../node_modules/.cache/upsync');

/** All that a run writes lies in one folder of the clone and goes with it; the beds' temporary folders too. */
export async function makeFolder(kind: 'demo' | 'soak' | 'bench' = 'demo'): Promise<Folder> {
  await sweep(kind);
  const path = join(cache, `${kind}-${process.pid.toString(36)}`);
  await mkdir(path, { recursive: true });
  process.env.TMPDIR = path;
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Takes away what runs left behind that were killed. */
async function sweep(kind: string): Promise<void> {
  for (const name of await readdir(cache).catch(() => [])) {
    const [, made = '', number = ''] = /^(\w+)-(\w+)$/.exec(name) ?? [];
    const pid = Number.parseInt(made === kind ? number : '', 36);
    const gone = pid === process.pid || !existsSync(`/proc/${pid}`);
    if (!Number.isNaN(pid) && gone) await rm(join(cache, name), { recursive: true, force: true });
  }
}
