import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { firstBarred } from '../../../src/release/readable.ts';

let home: string;
let output: string;
let release: string;
const nobody = { uid: 65_534, gids: [65_534] };

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'upsync-readable-')));
  output = join(home, 'upsync');
  release = join(output, 'releases/r');
  await chmod(home, 0o755);
  await mkdir(release, { recursive: true });
  await mkdir(join(output, 'lua/h'), { recursive: true });
  await writeFile(join(release, 'peers'), '');
  await writeFile(join(output, 'lua/h/upsync.lua'), '');
  await symlink('releases/r', join(output, 'current'));
});
afterEach(() => rm(home, { recursive: true }));

test('nothing bars whom the modes let in', async () => {
  expect(await firstBarred(output, nobody)).toBeUndefined();
});

test.for([
  { what: 'the folder around it', path: '', mode: 0o700, right: 'search' },
  { what: 'the managed folder', path: 'upsync', mode: 0o750, right: 'search' },
  { what: 'a release', path: 'upsync/releases/r', mode: 0o700, right: 'search' },
  { what: 'its peers', path: 'upsync/releases/r/peers', mode: 0o600, right: 'read' },
  { what: 'the code', path: 'upsync/lua/h/upsync.lua', mode: 0o640, right: 'read' },
])('$what that is closed is named', async ({ path, mode, right }) => {
  await chmod(join(home, path), mode);
  expect(await firstBarred(output, nobody)).toEqual({ path: join(home, path), right });
  expect(await firstBarred(output, { uid: 0, gids: [0] })).toBeUndefined();
  expect(await firstBarred(output, { ...nobody, uid: process.getuid?.() ?? 0 })).toBeUndefined();
});

test('a group that is let in gets in, and one that is left out does not, whatever all others may', async () => {
  const group = { uid: 65_534, gids: [1, process.getgid?.() ?? 0] };
  await chmod(output, 0o750);
  expect(await firstBarred(output, group)).toBeUndefined();
  await chmod(output, 0o705);
  expect(await firstBarred(output, group)).toEqual({ path: output, right: 'search' });
  expect(await firstBarred(output, nobody)).toBeUndefined();
});

test('before the first release, the folders that are there count', async () => {
  await rm(output, { recursive: true });
  expect(await firstBarred(output, nobody)).toBeUndefined();
  await chmod(home, 0o700);
  expect(await firstBarred(output, nobody)).toEqual({ path: home, right: 'search' });
});
