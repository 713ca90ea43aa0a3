import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { NginxBed } from '../bed/nginx.ts';
import type { steadily } from './gateway.ts';
import { outputOf, type Upsync } from './upsync.ts';

/** The release that is published. */
export function published(nginx: NginxBed): Promise<string> {
  return readlink(join(outputOf(nginx), 'current'));
}

/** Awaits that so many servers of an upstream are live, which is to be within five seconds from `since`. */
export async function expectLive(servers: number, of: string, since: number, upsync: Upsync): Promise<void> {
  await upsync.next('changed', ({ upstream, up }) => upstream === of && up === servers);
  await upsync.next('published');
  expect(Date.now() - since).toBeLessThan(5_000);
}

/** Ends the requests: each was answered with 200, by one of these. */
export async function expectServed(
  by: readonly string[],
  client: ReturnType<typeof steadily>,
): Promise<void> {
  const counts = await client.stop();
  expect(Object.keys(counts).filter((answer) => !by.includes(answer))).toEqual([]);
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(10);
}

/** Searches whatever upsync and nginx wrote, but for the files of these names. */
export async function expectNowhere(
  secret: string,
  upsync: Upsync,
  { folder }: NginxBed,
  but: readonly string[] = [],
): Promise<void> {
  expect(upsync.lines.length).toBeGreaterThan(5);
  expect(JSON.stringify(upsync.lines) + upsync.text()).not.toContain(secret);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !but.includes(entry.name));
  expect(files.length).toBeGreaterThan(3);
  for (const { parentPath, name } of files) {
    expect(await readFile(join(parentPath, name), 'utf8')).not.toContain(secret);
  }
}
