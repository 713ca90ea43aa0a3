import fs, {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../../../src/pipeline/event.ts';
import type { UnitFile } from '../../../src/pipeline/unit.ts';
import { createUnitStore, type UnitStore } from '../../../src/release/unit-store.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { server, upstream, view } from '../pipeline/given.ts';

let folder = '';
let a = '';
let b = '';
const clock = manualClock(Date.UTC(2026, 0, 1));
const events: Event[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upsync-unit-'));
  for (const name of ['out', 'etc']) mkdirSync(join(folder, name));
  [a, b] = [join(folder, 'etc/a.cfg'), join(folder, 'etc/b.cfg')];
  events.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (
  files: readonly UnitFile[] = [{ path: a }, { path: b }],
  more: { staging?: string } = {},
): UnitStore =>
  createUnitStore({
    output: join(folder, 'out'),
    unit: { name: 'x', files, test: undefined, reload: undefined, timeout: 1_000 },
    version: '1.2.3',
    clock,
    report: (event) => events.push(event),
    assertLocked: async () => undefined,
    ...more,
  });

const seen = view(upstream([server(1)]));
const own = () => join(folder, 'out/units/x');

async function stage({ releases }: UnitStore, contents: Readonly<Record<string, string>>) {
  await clock.advance(1);
  const files = Object.entries(contents).map(([path, text]) => ({ path, contents: text }));
  const candidate = await releases.stage(files, seen, { 'service:web1': '42' });
  await releases.seal(candidate);
  return candidate;
}

async function publish(store: UnitStore, contents: Readonly<Record<string, string>>) {
  return store.releases.publish(await stage(store, contents));
}

/** As the pipeline does once the program was told. */
async function tell(store: UnitStore, contents: Readonly<Record<string, string>>) {
  const release = await publish(store, contents);
  await store.applied.note(release.digest);
  await store.releases.markProven(release);
  return release;
}

const text = (path: string) => readFileSync(path, 'utf8');
const names = () => readdirSync(join(folder, 'etc')).sort();

test('what is staged changes nothing that the program reads', async () => {
  writeFileSync(a, 'before');
  const { folder: staged } = await stage(open(), { [a]: 'one', [b]: 'two' });
  expect(text(join(staged, 'files', a))).toBe('one');
  expect(text(a)).toBe('before');
  expect(names()).toEqual(['a.cfg']);
});

test('a published release lies at its destinations, as files, and is read back by the next upsync', async () => {
  const store = open();
  const { digest } = await tell(store, { [a]: 'one', [b]: 'two' });
  expect([text(a), text(b)]).toEqual(['one', 'two']);
  expect(lstatSync(a).isFile()).toBe(true);
  expect(names()).toEqual(['a.cfg', 'b.cfg']);
  expect(await open().releases.live()).toMatchObject({
    digest,
    view: seen,
    indexes: { 'service:web1': '42' },
  });
  expect(await open().releases.proven()).toMatchObject({ digest });
  expect(await open().applied.read()).toBe(digest);
});

test('nobody else may look into the folder where files are kept', async () => {
  await publish(open(), { [a]: 'one' });
  expect(statSync(join(folder, 'out/units')).mode & 0o777).toBe(0o700);
});

test('a file keeps its mode unless one was asked for; one that is new has 0644', async () => {
  writeFileSync(a, 'before');
  chmodSync(a, 0o640);
  const store = open();
  await publish(store, { [a]: 'one', [b]: 'two' });
  expect([statSync(a).mode & 0o777, statSync(b).mode & 0o777]).toEqual([0o640, 0o644]);
  await publish(open([{ path: a, mode: 0o600 }, { path: b }]), { [a]: 'one', [b]: 'two' });
  expect([statSync(a).mode & 0o777, statSync(b).mode & 0o777]).toEqual([0o600, 0o644]);
});

test.runIf(process.getuid?.() === 0)(
  'owner and group are those that were asked for, or those it had',
  async () => {
    const ids = (path: string) => [statSync(path).uid, statSync(path).gid];
    await publish(
      open([
        { path: a, owner: { uid: 33, gid: 34 } },
        { path: b, owner: { uid: 33 } },
      ]),
      {
        [a]: 'one',
        [b]: 'two',
      },
    );
    expect([ids(a), ids(b)]).toEqual([
      [33, 34],
      [33, 0],
    ]);
    await publish(open(), { [a]: 'other', [b]: 'two' });
    expect(ids(a)).toEqual([33, 34]);
  },
);

test('another mode or owner is another release, so that it comes to be', () => {
  const files = [{ path: a, contents: 'one' }];
  const digests = [
    open(),
    open([{ path: a, mode: 0o600 }]),
    open([{ path: a, owner: { uid: 1 } }]),
    open([{ path: a, owner: { uid: 1, gid: 1 } }]),
  ].map(({ releases }) => releases.digest(files));
  expect(new Set(digests).size).toBe(4);
});

test('from the first touch of a file on it is not certain what the program has', async () => {
  const store = open();
  await tell(store, { [a]: 'one' });
  await publish(store, { [a]: 'two' });
  expect(await store.applied.read()).toBeUndefined();
  expect(await open().applied.read()).toBeUndefined();
});

test('the first release can be gone back from: files are what they were, and those that were not are gone', async () => {
  writeFileSync(a, Buffer.from([0xff, 0x00, 0xfe]));
  chmodSync(a, 0o600);
  const store = open();
  await publish(store, { [a]: 'one', [b]: 'two' });
  const original = await store.releases.proven();
  expect(original?.digest).toBe('original');
  await store.releases.rollBack(original);
  expect([...readFileSync(a)]).toEqual([0xff, 0x00, 0xfe]);
  expect(statSync(a).mode & 0o777).toBe(0o600);
  expect(existsSync(b)).toBe(false);
});

test('where there was nothing before, there is nothing to go back to', async () => {
  const store = open();
  await publish(store, { [a]: 'one' });
  expect(await store.releases.proven()).toBeUndefined();
});

test('going back over a release with one more file gives that file back too', async () => {
  await tell(open([{ path: a }]), { [a]: 'one' });
  writeFileSync(b, 'of others');
  const store = open();
  await publish(store, { [a]: 'two', [b]: 'ours' });
  await store.releases.rollBack(await store.releases.proven());
  expect([text(a), text(b)]).toEqual(['one', 'of others']);
});

test('a destination that the configuration names no more is what it was before upsync', async () => {
  const c = join(folder, 'etc/c.cfg');
  writeFileSync(b, 'of others');
  await tell(open([{ path: a }, { path: b }, { path: c }]), { [a]: 'one', [b]: 'ours', [c]: 'ours' });
  const store = open([{ path: a }]);
  const candidate = await stage(store, { [a]: 'two' });
  // Until then the program is to find them.
  expect(text(c)).toBe('ours');
  await store.releases.publish(candidate);
  expect([text(a), text(b)]).toEqual(['two', 'of others']);
  expect(names()).toEqual(['a.cfg', 'b.cfg']);
  // A failed reload has them back.
  await store.releases.rollBack(await store.releases.proven());
  expect([text(a), text(b), text(c)]).toEqual(['one', 'ours', 'ours']);
});

test('one that somebody else wrote meanwhile is theirs', async () => {
  const c = join(folder, 'etc/c.cfg');
  writeFileSync(b, 'before');
  await tell(open([{ path: a }, { path: b }, { path: c }]), { [a]: 'one', [b]: 'ours', [c]: 'ours' });
  writeFileSync(b, 'by hand');
  rmSync(c);
  symlinkSync(a, c);
  await tell(open([{ path: a }]), { [a]: 'two' });
  expect([text(a), text(b), lstatSync(c).isSymbolicLink()]).toEqual(['two', 'by hand', true]);
});

test("a folder that went with its destination is in nobody's way", async () => {
  const place = join(folder, 'gone');
  const c = join(place, 'c.cfg');
  mkdirSync(place);
  await tell(open([{ path: a }, { path: c }]), { [a]: 'one', [c]: 'ours' });
  rmSync(place, { recursive: true });
  await tell(open([{ path: a }]), { [a]: 'two' });
  expect([text(a), existsSync(place)]).toEqual(['two', false]);
});

test('a destination where no file can be is refused before any file is touched', async () => {
  const [link, missing] = [join(folder, 'etc/link'), join(folder, 'nowhere/c.cfg')];
  symlinkSync(a, link);
  writeFileSync(a, 'before');
  for (const path of [link, missing, join(folder, 'etc')]) {
    await expect(stage(open([{ path: a }, { path }]), { [a]: 'one', [path]: 'x' })).rejects.toMatchObject({
      problem: { where: path },
    });
  }
  expect(text(a)).toBe('before');
  expect(names()).toEqual(['a.cfg', 'link']);
});

test('a file that cannot be written leaves all of them as they were', async () => {
  writeFileSync(a, 'before');
  const store = open();
  const candidate = await stage(store, { [a]: 'one', [b]: 'two' });
  mkdirSync(b);
  await expect(store.releases.publish(candidate)).rejects.toMatchObject({ problem: { where: b } });
  expect(text(a)).toBe('before');
  expect(names()).toEqual(['a.cfg', 'b.cfg']);
  expect(readdirSync(own())).not.toContain('current');
});

test('where one file cannot be put in place after another was, all go back to those before', async () => {
  const store = open();
  await tell(store, { [a]: 'one', [b]: 'x' });
  const candidate = await stage(store, { [a]: 'two', [b]: 'y' });
  const { renameSync } = fs;
  // As where the file is a mount of its own.
  fs.renameSync = (from, to) => {
    if (to !== b || text(String(from)) !== 'y') return renameSync(from, to);
    expect(text(a)).toBe('two');
    throw Object.assign(new Error('busy'), { code: 'EBUSY' });
  };
  syncBuiltinESMExports();
  try {
    await expect(store.releases.publish(candidate)).rejects.toMatchObject({
      problem: { where: b, remedy: 'mount the folder around it instead' },
    });
  } finally {
    fs.renameSync = renameSync;
    syncBuiltinESMExports();
  }
  expect([text(a), text(b)]).toEqual(['one', 'x']);
  expect(names()).toEqual(['a.cfg', 'b.cfg']);
  expect(await store.releases.live()).toEqual(await store.releases.proven());
  expect(await store.applied.read()).toBeUndefined();
});

test('a file that was changed, taken away or given another mode is damage, and is mended', async () => {
  const store = open([{ path: a, mode: 0o640 }, { path: b }]);
  await tell(store, { [a]: 'one', [b]: 'two' });
  expect(await store.releases.damage()).toBeUndefined();
  const spoil: readonly (readonly [string, () => void])[] = [
    [a, () => writeFileSync(a, 'eno')],
    [a, () => chmodSync(a, 0o666)],
    [b, () => rmSync(b)],
  ];
  for (const [path, damage] of spoil) {
    damage();
    expect(await store.releases.damage()).toMatchObject({ where: path });
    // The program may have read it like that.
    expect(await store.applied.read()).toBeUndefined();
    await store.releases.mend();
    expect(await store.releases.damage()).toBeUndefined();
    expect([text(a), text(b), statSync(a).mode & 0o777]).toEqual(['one', 'two', 0o640]);
    expect(await store.applied.read()).toBeUndefined();
    await store.applied.note((await store.releases.live())?.digest ?? '');
  }
});

test('a change that is seen as it is mended, and not before, is told all the same', async () => {
  const store = open();
  await tell(store, { [a]: 'one' });
  expect(await store.releases.damage()).toBeUndefined();
  writeFileSync(a, 'by hand');
  await store.releases.mend();
  expect(text(a)).toBe('one');
  expect(events).toContainEqual({ type: 'problem', problem: expect.objectContaining({ where: a }) });
});

test('what a killed upsync left beside a file goes, and nothing of others', async () => {
  const store = open();
  await tell(store, { [a]: 'one' });
  const uuid = '12345678-1234-1234-1234-123456789abc';
  for (const name of [`.a.cfg.${uuid}`, `.a.cfg.old.${uuid}`, `a.cfg.${uuid}`, '.a.cfg.swp', `.z.${uuid}`])
    writeFileSync(join(folder, 'etc', name), '');
  await store.releases.tidy();
  expect(names()).toEqual(
    [`.a.cfg.old.${uuid}`, '.a.cfg.swp', `.z.${uuid}`, 'a.cfg', `a.cfg.${uuid}`].sort(),
  );
});

test('old releases go, but for a few; what is named stays', async () => {
  const store = open();
  for (let each = 0; each < 10; each += 1) await publish(store, { [a]: String(each) });
  await store.releases.markProven((await store.releases.live()) ?? expect.fail('none is live'));
  await publish(store, { [a]: 'last' });
  await store.releases.tidy();
  const left = readdirSync(join(own(), 'releases'));
  expect(left).toHaveLength(7);
  for (const link of ['current', 'proven']) expect(left).toContain(basename(readlinkSync(join(own(), link))));
  expect(events.filter(({ type }) => type === 'problem')).toEqual([]);
});

test('a candidate that is discarded goes, and one that is in use stays', async () => {
  const store = open();
  const live = await publish(store, { [a]: 'one' });
  const candidate = await stage(store, { [a]: 'two' });
  await store.releases.discard(candidate);
  await store.releases.discard(live);
  expect(existsSync(candidate.folder)).toBe(false);
  expect(existsSync(live.folder)).toBe(true);
});

test('a dry run shows each file against what is there, and writes in its own place alone', async () => {
  writeFileSync(a, 'before\n');
  const staging = join(folder, 'private');
  mkdirSync(staging);
  const { releases } = open(undefined, { staging });
  const candidate = await releases.stage(
    [
      { path: a, contents: 'one\n' },
      { path: b, contents: 'two\n' },
    ],
    seen,
  );
  const [first, second] = await releases.diff(candidate, undefined);
  expect(first).toMatchObject({
    path: a,
    patch: expect.stringContaining(`--- live${a}\n+++ candidate${a}\n`),
  });
  expect(first?.patch).toContain('-before\n+one\n');
  expect(second?.patch).toContain('--- /dev/null\n');
  expect(readdirSync(join(folder, 'out'))).toEqual([]);
});

test('a view that changed without its files is remembered', async () => {
  const store = open();
  await publish(store, { [a]: 'one' });
  const later = view(upstream([server(1), server(2)]));
  await store.releases.remember(later, { 'service:web1': '43' });
  expect(await open().releases.live()).toMatchObject({ view: later, indexes: { 'service:web1': '43' } });
  await expect(store.releases.damage()).resolves.toBeUndefined();
});
