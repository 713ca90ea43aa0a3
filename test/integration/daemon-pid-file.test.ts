import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { gateway } from '../support/gateway.ts';
import { runUpsync, startUpsync } from '../support/upsync.ts';

test('the pid file names whoever holds the output folder, and nobody else', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  const path = join(nginx.folder, 'upsync.pid');
  const flags = ['--service', 'web1', '--pid-file', path];
  await writeFile(path, '4194305\n');
  await using first = startUpsync({ consul, nginx }, ...flags);
  await first.next('published');
  expect(await readFile(path, 'utf8')).toBe(`${first.pid}\n`);

  const second = await runUpsync({ consul, nginx }, ...flags);
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('another upsync works') });
  expect(await readFile(path, 'utf8')).toBe(`${first.pid}\n`);

  // What a killed one leaves behind is no hindrance.
  await first.kill();
  await using third = startUpsync({ consul, nginx }, ...flags);
  await third.next('unchanged');
  expect(await readFile(path, 'utf8')).toBe(`${third.pid}\n`);
  third.signal('SIGTERM');
  expect(await third.ended).toEqual({ code: 0, signal: null });
  await expect(access(path)).rejects.toThrow('ENOENT');
});

test('a pid file that cannot be written is said, and nothing is begun', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  const path = join(nginx.folder, 'none/upsync.pid');
  const { code, stderr } = await runUpsync({ consul, nginx }, '--service', 'web1', '--pid-file', path);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `upsync: ${path}: the pid file cannot be written: the folder that it should lie in does not exist; choose another --pid-file, or make its folder writable for the user of upsync\n`,
  });
});
