import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import { nothing } from '../../../src/pipeline/outside.ts';
import type { Releases } from '../../../src/pipeline/ports.ts';
import type { Release } from '../../../src/pipeline/release.ts';
import { createReleases } from '../../../src/release/store.ts';
import { manualClock } from '../../support/manual-clock.ts';

let folder = '';
let output = '';
let events: Event[] = [];
const clock = manualClock(Date.UTC(2026, 0, 1));
const view = { upstreams: [], routes: [], leftOut: [] };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upsync-outside-'));
  output = join(folder, 'upsync');
  mkdirSync(output);
  mkdirSync(join(folder, 'conf.d'));
  events = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (): Releases =>
  createReleases({
    output,
    proof: { listen: '127.1.1.1:20001', unavailable: '127.1.1.2:20001' },
    version: '1.2.3',
    clock,
    report: (event) => events.push(event),
    assertLocked: async () => undefined,
  });

const at = (name: string) => join(folder, 'conf.d', name);
const read = (name: string) => readFileSync(at(name), 'utf8');
const leadsTo = (name: string) => `${output}/current/files${at(name)}`;

/** As a pass publishes it, with these files outside of the managed folder. */
async function publish(releases: Releases, files: Readonly<Record<string, string>>): Promise<Release> {
  await clock.advance(1);
  const outside = Object.entries(files).map(([name, contents]) => ({ path: at(name), contents }));
  const all = [{ path: 'http/upstreams.conf', contents: JSON.stringify(files) }, ...outside];
  const candidate = await releases.stage(all, view);
  await releases.seal(candidate);
  await releases.adopt(candidate);
  return releases.publish(candidate);
}

test('a link comes to be in front of what was there, and the next switch brings what was rendered', async () => {
  const releases = open();
  await publish(releases, {});
  writeFileSync(at('a.conf'), 'by hand', { mode: 0o640 });
  const candidate = await releases.stage([{ path: at('a.conf'), contents: 'rendered' }], view);
  await releases.seal(candidate);
  expect(await releases.adopt(candidate)).toBe(true);
  expect(readlinkSync(at('a.conf'))).toBe(leadsTo('a.conf'));
  expect(read('a.conf')).toBe('by hand');
  await releases.publish(candidate);
  expect(read('a.conf')).toBe('rendered');
  const saved = readdirSync(join(output, 'saved', folder, 'conf.d'));
  expect(saved).toEqual([expect.stringMatching(/^a\.conf\.[0-9a-f]{8}$/)]);
  expect(statSync(join(output, 'saved', folder, 'conf.d', saved[0] ?? '')).mode & 0o777).toBe(0o640);
  expect(readdirSync(join(folder, 'conf.d'))).toEqual(['a.conf']);
});

test('without a live release there is nothing that a link could lead to', async () => {
  const releases = open();
  writeFileSync(at('a.conf'), 'by hand');
  const candidate = await releases.stage([{ path: at('a.conf'), contents: 'rendered' }], view);
  expect(await releases.adopt(candidate)).toBe(false);
  expect(lstatSync(at('a.conf')).isFile()).toBe(true);
  expect(await releases.adopt(await releases.stage([], view))).toBe(true);
});

test('a link never dangles, wherever current goes back to', async () => {
  const releases = open();
  const first = await publish(releases, {});
  await releases.markProven(first);
  const second = await publish(releases, { 'b.conf': 'b' });
  writeFileSync(at('a.conf'), 'by hand');
  await publish(releases, { 'a.conf': 'a' });
  // Of what came later it holds what was there at that time.
  await releases.rollBack(second);
  expect([read('a.conf'), read('b.conf')]).toEqual(['by hand', 'b']);
  await releases.rollBack(first);
  expect([read('a.conf'), read('b.conf')]).toEqual(['by hand', nothing]);
});

test('the link of a file that is no longer made leads to nothing, and goes once the release is proven', async () => {
  const releases = open();
  await releases.markProven(await publish(releases, { 'a.conf': 'a', 'b.conf': 'b' }));
  const release = await publish(releases, { 'b.conf': 'b' });
  expect(release.kept).toEqual([at('a.conf')]);
  expect(read('a.conf')).toBe(nothing);
  await releases.markProven(release);
  expect(readdirSync(join(folder, 'conf.d'))).toEqual(['b.conf']);
  expect((await publish(releases, { 'b.conf': 'other' })).kept).toBeUndefined();
});

test('the next release holds it too where the link is still there', async () => {
  const releases = open();
  await releases.markProven(await publish(releases, { 'a.conf': 'a' }));
  await publish(releases, {});
  await publish(open(), { 'b.conf': 'b' });
  expect(read('a.conf')).toBe(nothing);
});

test('what was there is given back, as it was, where nginx goes on without the file', async () => {
  const releases = open();
  const first = await publish(releases, {});
  await releases.markProven(first);
  writeFileSync(at('a.conf'), 'by hand');
  chmodSync(at('a.conf'), 0o640);
  await publish(releases, { 'a.conf': 'a', 'b.conf': 'b' });
  await releases.rollBack(first);
  await releases.markProven(first);
  expect(readdirSync(join(folder, 'conf.d'))).toEqual(['a.conf']);
  expect(lstatSync(at('a.conf')).isFile()).toBe(true);
  expect(statSync(at('a.conf')).mode & 0o777).toBe(0o640);
  expect(read('a.conf')).toBe('by hand');
});

test('where all is taken back, no link stays that would dangle', async () => {
  const releases = open();
  await publish(releases, {});
  await publish(releases, { 'a.conf': 'a' });
  await releases.rollBack(undefined);
  expect(readdirSync(join(folder, 'conf.d'))).toEqual([]);
});

test('while another release may come back, a link stays', async () => {
  const releases = open();
  await releases.markProven(await publish(releases, { 'a.conf': 'a' }));
  await publish(releases, {});
  await releases.mend();
  expect(read('a.conf')).toBe(nothing);
});

test('a release that is proven, and live no more, takes no link of the live one away', async () => {
  const releases = open();
  const first = await publish(releases, {});
  await publish(releases, { 'a.conf': 'a' });
  await releases.markProven(first);
  expect(read('a.conf')).toBe('a');
});

const damages: Record<string, () => void> = {
  removed: () => rmSync(at('a.conf')),
  'replaced by a file': () => {
    writeFileSync(at('new'), 'edited');
    renameSync(at('new'), at('a.conf'));
  },
  'led elsewhere': () => {
    rmSync(at('a.conf'));
    symlinkSync('/dev/null', at('a.conf'));
  },
};

test.each(Object.entries(damages))('a link that was %s is seen, and made again', async (_, bring) => {
  const releases = open();
  await publish(releases, { 'a.conf': 'a' });
  expect(await releases.damage()).toBeUndefined();
  bring();
  expect(await releases.damage()).toMatchObject({ where: at('a.conf') });
  await releases.mend();
  expect(await releases.damage()).toBeUndefined();
  expect(read('a.conf')).toBe('a');
});

test('where somebody wrote over a link, the live release keeps its own file', async () => {
  const releases = open();
  const first = await publish(releases, { 'a.conf': 'a' });
  damages['replaced by a file']?.();
  await publish(releases, { 'a.conf': 'b' });
  expect(read('a.conf')).toBe('b');
  expect(readFileSync(join(first.folder, 'files', at('a.conf')), 'utf8')).toBe('a');
  expect(events.filter(({ type }) => type === 'replaced')).toHaveLength(1);
});

test('a release that lost such a file of its own is not live', async () => {
  const releases = open();
  const { folder: release } = await publish(releases, { 'a.conf': 'a' });
  rmSync(join(release, 'files'), { recursive: true });
  expect(await releases.damage()).toMatchObject({ where: at('a.conf') });
  expect(await releases.live()).toBeUndefined();
  expect(await open().live()).toBeUndefined();
  await publish(releases, { 'a.conf': 'a' });
  expect(await releases.damage()).toBeUndefined();
});

test('what a killed process left beside a link is swept away, and nothing else', async () => {
  const releases = open();
  await publish(releases, { 'a.conf': 'a' });
  const others = ['.a.conf.swp', `.b.conf.${randomUUID()}`, `a.conf.${randomUUID()}`];
  for (const name of others) writeFileSync(at(name), '');
  symlinkSync('nowhere', at(`.a.conf.${randomUUID()}`));
  await releases.tidy();
  expect(readdirSync(join(folder, 'conf.d')).sort()).toEqual([...others, 'a.conf'].sort());
});

test('mode and owner are part of what a release is', () => {
  const { digest } = open();
  const file = { path: at('a.conf'), contents: 'a' };
  const all = [
    {},
    { mode: 0o640 },
    { mode: 0o600 },
    { owner: { uid: 33 } },
    { owner: { uid: 33, gid: 33 } },
  ].map((more) => digest([{ ...file, ...more }]));
  expect(new Set(all).size).toBe(5);
});

test('the diff shows it by its destination, against what stands there', async () => {
  const releases = open();
  writeFileSync(at('a.conf'), 'by hand\n');
  const first = await releases.stage([{ path: at('a.conf'), contents: 'a\n' }], view);
  const [diff] = await releases.diff(first, undefined);
  expect(diff?.path).toBe(at('a.conf'));
  expect(diff?.patch).toContain('-by hand\n+a\n');
  const live = await publish(releases, { 'a.conf': 'a\n' });
  await clock.advance(1);
  const other = await releases.stage([{ path: at('a.conf'), contents: 'b\n', mode: 0o600 }], view);
  const patches = new Map((await releases.diff(other, live)).map(({ path, patch }) => [path, patch]));
  expect(patches.get(at('a.conf'))).toContain('default mode and owner becomes mode 0600\n');
  expect(patches.get(at('a.conf'))).toContain('-a\n+b\n');
});

const obstacles: Record<string, [destination: () => string, what: string]> = {
  'whose folder is not there': [
    () => join(folder, 'none/a.conf'),
    'the folder that this file is to lie in does not exist',
  ],
  'whose folder is a file': [
    () => join(folder, 'file/a.conf'),
    'the folder that this file is to lie in does not exist',
  ],
  'where a folder stands': [() => join(folder, 'sub'), 'something stands here that is no file'],
  'that leads into the managed folder': [
    () => join(folder, 'way/http/a.conf'),
    'it lies in the managed folder',
  ],
  'that is a mount of its own': [() => '/proc', 'this is a mount of its own'],
};

test.each(Object.entries(obstacles))(
  'a destination %s is said before anything is done',
  async (_, [destination, what]) => {
    const releases = open();
    await publish(releases, { 'a.conf': 'a' });
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'sub'));
    symlinkSync(output, join(folder, 'way'));
    const candidate = await releases.stage([{ path: destination(), contents: 'x' }], view);
    expect(await releases.obstacles(candidate)).toEqual([
      { what: expect.stringContaining(what), where: destination(), remedy: expect.any(String) },
    ]);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  },
);

test('two names of one file are found', async () => {
  symlinkSync('conf.d', join(folder, 'same'));
  const paths = [at('a.conf'), join(folder, 'same/a.conf')];
  const candidate = await open().stage(
    paths.map((path) => ({ path, contents: 'x' })),
    view,
  );
  expect(await open().obstacles(candidate)).toMatchObject([{ where: paths[1] }]);
});

test('a second name of a file that has its link already is found, whichever comes first', async () => {
  const releases = open();
  await publish(releases, { 'a.conf': 'a' });
  symlinkSync('conf.d', join(folder, 'same'));
  const [linked, second] = [at('a.conf'), join(folder, 'same/a.conf')];
  for (const paths of [
    [linked, second],
    [second, linked],
  ]) {
    const candidate = await releases.stage(
      paths.map((path) => ({ path, contents: 'x' })),
      view,
    );
    expect(await releases.obstacles(candidate)).toMatchObject([{ where: second }]);
  }
});

test('of what stood at a destination the last five copies stay, and the one that was just saved again', async () => {
  const releases = open();
  const saved = join(output, 'saved', folder, 'conf.d');
  const standsThere = async (name: string, text: string) => {
    rmSync(at(name), { force: true });
    writeFileSync(at(name), text);
    await releases.mend();
    await releases.tidy();
    return readdirSync(saved).filter((one) => one.startsWith(`${name}.`));
  };
  await publish(releases, { 'a.conf': 'a', 'b.conf': 'b' });
  const [other] = await standsThere('b.conf', 'kept');
  const [first] = await standsThere('a.conf', 'first');
  for (const text of ['2', '3', '4', '5']) await standsThere('a.conf', text);
  await standsThere('a.conf', 'first');
  await standsThere('a.conf', '6');
  writeFileSync(join(saved, `a.conf.00000000.${randomUUID()}`), 'half');
  const left = await standsThere('a.conf', '7');
  expect(left.map((name) => readFileSync(join(saved, name), 'utf8')).sort()).toEqual([
    '4',
    '5',
    '6',
    '7',
    'first',
  ]);
  expect(readdirSync(saved)).toEqual(expect.arrayContaining([first, other]));
});

test('a file keeps mode and owner of what it takes the place of, through every release', async () => {
  writeFileSync(at('a.conf'), 'by hand', { mode: 0o640 });
  const releases = open();
  for (const text of ['one', 'two']) {
    await releases.markProven(await publish(releases, { 'a.conf': text, 'b.conf': text }));
    expect(read('a.conf')).toBe(text);
    expect(statSync(at('a.conf')).mode & 0o777).toBe(0o640);
    expect(statSync(at('b.conf')).mode & 0o777).toBe(0o644);
  }
});
