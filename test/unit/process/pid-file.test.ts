import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ProblemError } from '../../../src/pipeline/problem.ts';
import { writePidFile } from '../../../src/process/pid-file.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'upsync-pid-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('it holds our pid, for all to read, and goes at the end', async () => {
  const place = await folder();
  const path = join(place, 'upsync.pid');
  {
    await using _ = await writePidFile(path);
    expect(await readFile(path, 'utf8')).toBe(`${process.pid}\n`);
    expect((await stat(path)).mode & 0o777).toBe(0o644);
    expect(await readdir(place)).toEqual(['upsync.pid']);
  }
  expect(await readdir(place)).toEqual([]);
});

test('it takes the place of one that was left behind', async () => {
  const path = join(await folder(), 'upsync.pid');
  await writeFile(path, '4194305\n');
  await using _ = await writePidFile(path);
  expect(await readFile(path, 'utf8')).toBe(`${process.pid}\n`);
});

test("it stays where it is somebody else's by the end, and its absence is no failure", async () => {
  const path = join(await folder(), 'upsync.pid');
  {
    await using _ = await writePidFile(path);
    await writeFile(path, '1\n');
  }
  expect(await readFile(path, 'utf8')).toBe('1\n');
  await using _ = await writePidFile(path);
  await rm(path);
});

test('one that cannot be written is said, with what to do, and leaves nothing behind', async () => {
  const place = await folder();
  await mkdir(join(place, 'taken'));
  const remedy = 'choose another --pid-file, or make its folder writable for the user of upsync';
  const problemAt = (path: string) =>
    writePidFile(path).then(
      () => undefined,
      (error: unknown) => (error instanceof ProblemError ? error.problem : error),
    );
  expect(await problemAt(join(place, 'none/upsync.pid'))).toEqual({
    what: 'the pid file cannot be written: the folder that it should lie in does not exist',
    where: join(place, 'none/upsync.pid'),
    remedy,
  });
  expect(await problemAt(join(place, 'taken'))).toMatchObject({
    what: 'the pid file cannot be written: this is a folder',
  });
  expect(await readdir(place)).toEqual(['taken']);
});

test('none is written where none is asked for', async () => {
  await using _ = await writePidFile(undefined);
});
