import { randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Releases } from '../../../src/pipeline/ports.ts';
import { createReleases } from '../../../src/release/store.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { server, upstream, view } from '../pipeline/given.ts';

let output = '';
const clock = manualClock(Date.UTC(2026, 0, 1));

beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), 'upsync-store-'));
});
afterEach(() => rmSync(output, { recursive: true }));

const open = (): Releases =>
  createReleases({
    output,
    proof: { listen: '127.1.1.1:20001', unavailable: '127.1.1.2:20001' },
    version: '1.2.3',
    clock,
    report: () => undefined,
    assertLocked: async () => undefined,
  });

const files = (contents: string) => [{ path: 'http/upstreams.conf', contents }];
const indexes = { 'service:web1': '42' };
const seen = view(upstream([server(1)]));

async function publish(releases: Releases, contents: string) {
  await clock.advance(1);
  const candidate = await releases.stage(files(contents), seen, indexes);
  await releases.seal(candidate);
  return releases.publish(candidate);
}

test('a published release is read through the permanent link, and includes its files by its own path', async () => {
  const release = await publish(open(), '# one\n');
  const link = join(output, 'http/upsync.conf');
  expect(readlinkSync(link)).toBe('../current/http.conf');
  expect(readFileSync(link, 'utf8')).toContain(`include "${release.folder}/http/upstreams.conf";`);
  expect(readFileSync(link, 'utf8')).toContain(`return 200 "$pid ${release.digest} $nginx_version"`);
  expect(existsSync(join(output, 'stream/upsync.conf'))).toBe(true);
});

test('a staged candidate changes nothing that nginx reads', async () => {
  await open().stage(files('# one\n'), seen);
  expect(readdirSync(output)).toEqual(['releases']);
});

test('what was published and proven is known to the next process, view and indexes included', async () => {
  const release = await publish(open(), '# one\n');
  const releases = open();
  expect(await releases.live()).toEqual({ ...release, indexes });
  expect(await releases.proven()).toBeUndefined();
  await releases.markProven(release);
  expect(await open().proven()).toEqual(release);
});

test('routes and what was discovered are known to the next process', async () => {
  const releases = open();
  await publish(releases, '# one\n');
  const found = {
    ...view(upstream([server(1)], { name: 'web9', service: 'web9', discovered: true })),
    routes: [{ host: 'example.org', path: '/api', upstream: 'web9' }],
  };
  await releases.remember(found, {});
  expect((await open().live())?.view).toEqual(found);
});

test('a manifest of before there were routes has none', async () => {
  const { folder } = await publish(open(), '# one\n');
  const path = join(folder, 'manifest.json');
  const { view: seenThen, ...manifest } = JSON.parse(readFileSync(path, 'utf8'));
  const { routes: _, ...old } = seenThen;
  writeFileSync(path, JSON.stringify({ ...manifest, view: old }));
  expect((await open().live())?.view).toEqual({ ...seen, routes: [] });
});

test('a remembered view is that of the live release from then on', async () => {
  await publish(open(), '# one\n');
  const kept = view(upstream([server(1, { lostSince: 5 })], { origin: 'kept' }));
  await open().remember(kept, {});
  expect(await open().live()).toMatchObject({ view: kept, indexes });
});

test('a view that proves to be that of the live release is known by its very object from then on', async () => {
  await publish(open(), '# one\n');
  const releases = open();
  const same = structuredClone(seen);
  await releases.remember(same, {});
  expect((await releases.live())?.view).toBe(same);
});

test('an index that went back is remembered, and one that moved on is not worth a write', async () => {
  await publish(open(), '# one\n');
  await open().remember(seen, { 'service:web1': '43' });
  expect((await open().live())?.indexes).toEqual(indexes);
  await open().remember(seen, { 'service:web1': '7', 'service:web2': '8' });
  expect((await open().live())?.indexes).toEqual({ 'service:web1': '7', 'service:web2': '8' });
});

test('rolling back points at the older release, or takes all links away', async () => {
  const releases = open();
  const first = await publish(releases, '# one\n');
  await publish(releases, '# two\n');
  await releases.rollBack(first);
  expect(await releases.live()).toEqual(first);
  await releases.rollBack(undefined);
  expect(await releases.live()).toBeUndefined();
  expect(existsSync(join(output, 'http/upsync.conf'))).toBe(false);
});

test('the same files have the same digest, other files, names or proof addresses another', () => {
  const { digest } = open();
  expect(digest(files('a'))).toBe(open().digest(files('a')));
  const elsewhere = createReleases({
    output,
    proof: { listen: '9466', unavailable: '127.0.0.1:9466' },
    version: '1',
    clock,
    report: () => undefined,
    assertLocked: async () => undefined,
  });
  const all = [
    digest(files('a')),
    digest(files('b')),
    digest([{ path: 'http/x', contents: 'a' }]),
    elsewhere.digest(files('a')),
  ];
  expect(new Set(all).size).toBe(4);
});

test('old releases go, but for the last five and those that are current or proven', async () => {
  const releases = open();
  const first = await publish(releases, '# 0\n');
  await releases.markProven(first);
  for (let count = 1; count <= 9; count++) await publish(releases, `# ${count}\n`);
  await releases.tidy();
  const left = readdirSync(join(output, 'releases'));
  expect(left).toHaveLength(7);
  expect(left[0]).toBe(first.folder.split('/').at(-1));
});

test('a manifest that cannot be read means that nothing is known of the release', async () => {
  const release = await publish(open(), '# one\n');
  writeFileSync(join(release.folder, 'manifest.json'), '{"half":');
  expect(await open().live()).toBeUndefined();
});

test('what is of stream is remembered, and in a manifest of before it was told apart all is of http', async () => {
  const db = upstream([server(2)], { name: 'db', protocol: 'tcp', listen: '127.0.0.1:3306' });
  const releases = open();
  const candidate = await releases.stage(files('# one\n'), view(db, upstream([server(1)])));
  await releases.seal(candidate);
  const { folder } = await releases.publish(candidate);
  expect((await open().live())?.view.upstreams).toMatchObject([
    { protocol: 'tcp', listen: '127.0.0.1:3306' },
    { protocol: 'http' },
  ]);
  const path = join(folder, 'manifest.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace(',"protocol":"http"', ''));
  expect((await open().live())?.view).toEqual(candidate.view);
});

test('the diff shows the files of both sides, and none that are equal', async () => {
  const releases = open();
  const live = await publish(releases, 'a\nb\n');
  const same = await releases.stage(files('a\nb\n'), seen);
  expect(await releases.diff(same, live)).toEqual([]);
  await clock.advance(1);
  const other = await releases.stage(files('a\nc\n'), seen);
  const [diff] = await releases.diff(other, live);
  expect(diff?.path).toBe('http/upstreams.conf');
  expect(diff?.patch).toContain('-b\n+c\n');
  expect(diff?.patch).toMatch(/^--- live\/http\/upstreams\.conf/);
});

test('a candidate that cannot be written whole leaves nothing behind', async () => {
  const broken = [...files('# one\n'), { path: 'http/upstreams.conf/below-a-file', contents: '' }];
  await expect(open().stage(broken, seen)).rejects.toThrow();
  expect(readdirSync(join(output, 'releases'))).toEqual([]);
});

test('what the disk may not have yet is never published', async () => {
  const releases = open();
  const candidate = await releases.stage(files('# one\n'), seen);
  await expect(releases.publish(candidate)).rejects.toMatchObject({
    problem: {
      what: 'a release was published that was not staged',
      remedy: 'report it: this is a fault of upsync',
    },
  });
  expect(await releases.live()).toBeUndefined();
});

test('what is live is never discarded', async () => {
  const releases = open();
  const release = await publish(releases, '# one\n');
  await releases.discard(release);
  expect(await releases.live()).toEqual(release);
});

test('a release whose folder is gone is not live', async () => {
  const releases = open();
  const release = await publish(releases, '# one\n');
  rmSync(release.folder, { recursive: true });
  expect(await releases.live()).toBeUndefined();
});

const http = 'http/upsync.conf';
const damages: Record<string, (folder: string) => void> = {
  'the whole folder removed': () => rmSync(join(output, 'releases'), { recursive: true }),
  'current removed': () => rmSync(join(output, 'current')),
  'current replaced by a file': () => {
    rmSync(join(output, 'current'));
    writeFileSync(join(output, 'current'), '');
  },
  'current replaced by a copy of the release': (folder) => {
    rmSync(join(output, 'current'));
    cpSync(folder, join(output, 'current'), { recursive: true });
  },
  'the release removed': (folder) => rmSync(folder, { recursive: true }),
  'its http.conf removed': (folder) => rmSync(join(folder, 'http.conf')),
  'its stream.conf removed': (folder) => rmSync(join(folder, 'stream.conf')),
  'its manifest removed': (folder) => rmSync(join(folder, 'manifest.json')),
  'a permanent link removed': () => rmSync(join(output, http)),
  'a permanent link pointed elsewhere': () => {
    rmSync(join(output, http));
    symlinkSync('/dev/null', join(output, http));
  },
  'a permanent link replaced by a folder': () => {
    rmSync(join(output, http));
    mkdirSync(join(output, http));
  },
};

test.each(Object.entries(damages))('%s is seen, and mended by publishing again', async (_, bring) => {
  const releases = open();
  const { folder } = await publish(releases, '# one\n');
  expect(await releases.damage()).toBeUndefined();
  bring(folder);
  expect((await releases.damage())?.what).toContain('was taken away or changed here');
  const again = await publish(releases, '# one\n');
  expect(await releases.damage()).toBeUndefined();
  expect(readlinkSync(join(output, http))).toBe('../current/http.conf');
  expect(readFileSync(join(output, http), 'utf8')).toContain(again.folder);
});

test('nothing is missing where nothing was published, or all was taken back', async () => {
  const releases = open();
  expect(await releases.damage()).toBeUndefined();
  await publish(releases, '# one\n');
  await releases.rollBack(undefined);
  expect(await releases.damage()).toBeUndefined();
});

test('what was left half done is swept away, and nothing else', async () => {
  const releases = open();
  const release = await publish(releases, '# one\n');
  await releases.markProven(release);
  const before = readdirSync(output, { recursive: true }).sort();
  for (const name of ['current', 'proven', http, 'stream/upsync.conf']) {
    symlinkSync('nowhere', join(output, `${name}.${randomUUID()}`));
  }
  cpSync(release.folder, join(output, `current.${randomUUID()}`), { recursive: true });
  const torn = join(output, 'releases/20991231T235959.999Z-0123456789abcdef');
  mkdirSync(join(torn, 'http'), { recursive: true });
  writeFileSync(join(torn, `manifest.json.${randomUUID()}`), '{');
  await releases.tidy();
  expect(readdirSync(output, { recursive: true }).sort()).toEqual(before);
});
