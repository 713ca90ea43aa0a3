import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What is to be renamed to a path outside of the managed folder: nginx's globs pass over a leading dot. */
export function beside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}`);
}

/** What a killed process left of it. */
export function leftBeside(path: string): readonly string[] {
  const start = `.${basename(path)}.`;
  return namesIn(dirname(path))
    .filter((name) => name.startsWith(start) && unique.test(name.slice(start.length)))
    .map((name) => join(dirname(path), name));
}

const unique = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
