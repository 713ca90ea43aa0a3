import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readOriginal } from '../../../src/migrate/read.ts';
import { writeAll } from '../../../src/migrate/write.ts';

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'upsync-migrate-'));
  onTestFinished(() => rm(made, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(made, path, '..'), { recursive: true });
    await writeFile(join(made, path), text);
  }
  return made;
}

test('folders are read whole, in the order of their names, and a template that is named is not read twice', async () => {
  const place = await folder({
    'c/b.hcl': 'max_stale = "2s"',
    'c/a/z.json': '{"max_stale": "1s", "template": {"source": "t/x.ctmpl"}}',
    't/x.ctmpl': 'x',
    't/y.ctmpl': 'y',
  });
  const original = await readOriginal(['c', 't/x.ctmpl', 't/y.ctmpl'], place);
  expect(original.given.settings.get('max_stale')).toMatchObject({ value: { text: '2s' } });
  expect(original.templates).toMatchObject([{ text: 'x', source: join(place, 't/x.ctmpl') }]);
  expect(original.bare).toEqual([{ file: join(place, 't/y.ctmpl'), text: 'y' }]);
});

test('a relative source is looked for where the command runs, then beside its configuration', async () => {
  const place = await folder({ 'c/a.hcl': 'template { source = "x.ctmpl" }', 'c/x.ctmpl': 'beside' });
  expect((await readOriginal(['c/a.hcl'], place)).templates).toMatchObject([{ text: 'beside' }]);
  await writeFile(join(place, 'x.ctmpl'), 'here');
  expect((await readOriginal(['c/a.hcl'], place)).templates).toMatchObject([{ text: 'here' }]);
});

test('what cannot be read is said with its place', async () => {
  const place = await folder({
    'a.hcl': '\ntemplate {\n  source = "no.ctmpl"\n}',
    'b.hcl': 'template {}',
    'c.hcl': 'a =',
  });
  await expect(readOriginal(['x.hcl'], place)).rejects.toThrow(
    `${place}/x.hcl: there is no such file or folder`,
  );
  await expect(readOriginal(['a.hcl'], place)).rejects.toThrow(
    `${place}/a.hcl:3: there is no template to read at ${place}/no.ctmpl`,
  );
  await expect(readOriginal(['b.hcl'], place)).rejects.toThrow(
    `${place}/b.hcl:1: a template needs source or contents`,
  );
  await expect(readOriginal(['c.hcl'], place)).rejects.toThrow(
    `${place}/c.hcl:1: unexpected the end of the file`,
  );
});

test('nothing is overwritten: where one file is there, none is written', async () => {
  const place = await folder({ 'templates/a.eta': 'mine' });
  const files = [
    { path: 'upsync.yaml', text: 'a', isSecret: false },
    { path: 'templates/a.eta', text: 'b', isSecret: false },
  ];
  await expect(writeAll(place, files)).rejects.toThrow(`${place}/templates/a.eta: is there already`);
  expect(await readFile(join(place, 'templates/a.eta'), 'utf8')).toBe('mine');
  await expect(stat(join(place, 'upsync.yaml'))).rejects.toThrow('ENOENT');
});

test('a secret is for its owner alone', async () => {
  const place = await folder({});
  await writeAll(place, [{ path: 'token', text: 'x', isSecret: true }]);
  expect((await stat(join(place, 'token'))).mode & 0o777).toBe(0o600);
});
