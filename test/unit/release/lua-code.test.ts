import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { peersFile } from '../../../src/pipeline/peers.ts';
import type { File } from '../../../src/pipeline/release.ts';
import { luaFor } from '../../../src/release/lua-code.ts';
import { createReleases } from '../../../src/release/store.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { server, upstream, view } from '../pipeline/given.ts';

let output = '';
const clock = manualClock(Date.UTC(2026, 0, 1));
const { code } = luaFor('/upsync', true);

beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), 'upsync-store-'));
});
afterEach(() => rmSync(output, { recursive: true }));

const open = (hash = code.hash, staging = join(output, 'releases')) =>
  createReleases({
    output,
    staging,
    proof: { listen: '127.1.1.1:20001', unavailable: '127.1.1.2:20001' },
    lua: { balancer: { output, id: 'a1', folder: join(output, 'lua', hash), isTold: true }, code },
    version: '1.2.3',
    clock,
    report: () => undefined,
    assertLocked: async () => undefined,
  });

const seen = view(upstream([server(1)]));
const files = (config: string, given = seen): File[] => [
  { path: 'http/upstreams.conf', contents: config },
  peersFile(given, '127.1.1.2:20001'),
];

async function publish(releases: ReturnType<typeof open>, all = files('# one\n')) {
  await clock.advance(1);
  const candidate = await releases.stage(all, seen);
  await releases.seal(candidate);
  return releases.publish(candidate);
}

test('servers alone change the digest and not the structure; configuration changes both', () => {
  const releases = open();
  const more = files('# one\n', view(upstream([server(1), server(2)])));
  expect(releases.digest(more)).not.toBe(releases.digest(files('# one\n')));
  expect(releases.structure(more)).toBe(releases.structure(files('# one\n')));
  expect(releases.structure(files('# two\n'))).not.toBe(releases.structure(files('# one\n')));
  expect(open('other').structure(files('# one\n'))).not.toBe(releases.structure(files('# one\n')));
});

test('a release lies with the code that its configuration loads, and its peers name what they are of', async () => {
  const { folder, digest, structure } = await publish(open());
  const http = readFileSync(join(folder, 'http.conf'), 'utf8');
  expect(http).toContain(`{ default "${structure}"; }`);
  expect(http).toContain(`"${output}/lua/${code.hash}"`);
  expect(readFileSync(join(folder, 'peers'), 'utf8')).toMatch(
    new RegExp(`^upsync-peers 1 ${digest} ${structure}\n`),
  );
  expect(readdirSync(join(output, 'lua', code.hash)).sort()).toEqual([...code.files.keys()]);
  // Workers run as another user.
  expect(statSync(join(output, 'lua', code.hash, 'upsync.lua')).mode & 0o444).toBe(0o444);
  expect(await open().live()).toMatchObject({ digest, structure });
});

test('code that somebody took away is laid again with the next release', async () => {
  await publish(open());
  rmSync(join(output, 'lua', code.hash, 'pick.lua'));
  await publish(open(), files('# two\n'));
  expect(existsSync(join(output, 'lua', code.hash, 'pick.lua'))).toBe(true);
  expect(readdirSync(join(output, 'lua'))).toEqual([code.hash]);
});

test('code stays for as long as a release names it', async () => {
  await publish(open('old'));
  await publish(open('new'), files('# 0\n'));
  await open('new').tidy();
  expect(readdirSync(join(output, 'lua')).sort()).toEqual(['new', 'old']);
  const releases = open('new');
  for (let count = 1; count <= 7; count += 1) await publish(releases, files(`# ${count}\n`));
  await releases.tidy();
  expect(readdirSync(join(output, 'lua'))).toEqual(['new']);
});

test('a dry run lays no code', async () => {
  await open(code.hash, join(output, 'elsewhere')).stage(files('# one\n'), seen);
  expect(existsSync(join(output, 'lua'))).toBe(false);
});

test('what changed among the servers is part of the difference', async () => {
  const releases = open();
  const live = await publish(releases);
  const fresh = await releases.stage(files('# one\n', view(upstream([server(1), server(2)]))), seen);
  const differences = await releases.diff(fresh, live);
  expect(differences.map(({ path }) => path)).toEqual(['peers']);
  expect(differences[0]?.patch).toContain('+10.0.0.2:80 1 1 10 up');
  expect(differences[0]?.patch).not.toContain('upsync-peers');
});
