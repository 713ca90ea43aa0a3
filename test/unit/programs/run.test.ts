import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runCommand } from '../../../src/programs/run.ts';
import { runs, until } from '../../bed/nginx-processes.ts';

const never = new AbortController().signal;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upsync-programs-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const run = (argv: readonly string[], timeout = 10_000, signal = never) =>
  runCommand(argv, { where: 'units.x.test', timeout }, signal);
/** What a program may do is written in a shell's language here; upsync itself runs none. */
const sh = (body: string, timeout?: number, signal?: AbortSignal) =>
  run(['/bin/sh', '-c', body], timeout, signal);

test('a command that ends with 0 has nothing to say', async () => {
  expect(await sh('echo all is well; echo quite >&2')).toBeUndefined();
});

test('one that ends otherwise is quoted, its last lines only, and none of them long or in colour', async () => {
  expect(await sh('exit 4')).toEqual({ what: '/bin/sh ended with 4', where: 'units.x.test' });
  expect((await sh("printf '\\033[31mred\\033[0m\\a\\n\\nsecond\\n' >&2; exit 1"))?.what).toBe(
    '/bin/sh ended with 1: red; second',
  );
  const many = (await sh('for i in 1 2 3 4 5 6 7; do echo line $i; done; exit 1'))?.what;
  expect(many).toBe('/bin/sh ended with 1: line 3; line 4; line 5; line 6; line 7');
  const long = (await sh('head -c 1000000 /dev/zero | tr "\\0" x; exit 1'))?.what ?? '';
  expect(long.length).toBeLessThan(400);
  expect(long).toMatch(/x…$/);
});

test('a signal that ends it is named', async () => {
  expect((await sh('kill -TERM $$'))?.what).toBe('/bin/sh ended with SIGTERM');
});

test('nothing is read by a shell, and nothing is found in the standard input', async () => {
  const pwned = join(folder, 'pwned');
  expect((await run(['ls', `$(touch ${pwned})`, `; touch ${pwned}`]))?.what).toContain(`$(touch ${pwned})`);
  expect(() => readFileSync(pwned)).toThrow(/ENOENT/);
  expect(await run(['cat'])).toBeUndefined();
});

test('the environment is PATH, HOME and LANG, whatever upsync has', async () => {
  vi.stubEnv('CONSUL_HTTP_TOKEN', 'very-secret');
  vi.stubEnv('HOME', '/root');
  vi.stubEnv('LANG', 'C.UTF-8');
  const file = join(folder, 'env');
  expect(await sh(`env > ${file}; pwd >> ${file}`)).toBeUndefined();
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect(lines).toContain('HOME=/root');
  expect(lines).toContain('LANG=C.UTF-8');
  expect(lines.at(-1)).toBe('/');
  const names = lines.slice(0, -1).map((line) => line.split('=')[0]);
  expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? '')).sort()).toEqual([
    'HOME',
    'LANG',
    'PATH',
  ]);
});

test('a program that is not there, or may not be run, is told with what to do', async () => {
  expect(await run(['no-such-program'])).toEqual({
    what: 'there is no program no-such-program',
    where: 'units.x.test',
    remedy: 'install it, or write its whole path',
  });
  const file = join(folder, 'plain');
  writeFileSync(file, 'x');
  chmodSync(file, 0o644);
  expect(await run([file])).toMatchObject({ what: `${file} may not be run` });
  expect((await run(['true', 'x'.repeat(3_000_000)]))?.what).toMatch(/^true could not be run \(E2BIG\)$/);
});

test('at the timeout it is killed with its whole group, also where it does not listen to signals', async () => {
  const pids = join(folder, 'pids');
  const body = `trap '' TERM INT; (trap '' TERM; sleep 300) & echo $! $$ > ${pids}; wait; sleep 300`;
  const problem = await sh(body, 300);
  expect(problem?.what).toBe('/bin/sh did not end within 0.3 s');
  for (const pid of readFileSync(pids, 'utf8').trim().split(' ').map(Number))
    await until('it is gone', async () => !(await runs(pid)));
});

test('an abort kills it too, and is thrown', async () => {
  const stop = new AbortController();
  const pid = join(folder, 'pid');
  const running = sh(`echo $$ > ${pid}; exec sleep 300`, 60_000, stop.signal);
  await vi.waitFor(() => expect(readFileSync(pid, 'utf8')).toMatch(/\n/));
  stop.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  const gone = Number(readFileSync(pid, 'utf8'));
  await until('it is gone', async () => !(await runs(gone)));
  await expect(sh('exit 0', 1_000, stop.signal)).rejects.toThrow('stopped');
});

test('what it leaves in the background is not waited for, and may go on to write', async () => {
  const file = join(folder, 'wrote');
  const go = join(folder, 'go');
  const body = `(while ! test -e ${go}; do sleep 0.05; done; echo x; echo y > ${file}) & echo $! > ${folder}/pid`;
  const began = performance.now();
  expect(await sh(body)).toBeUndefined();
  expect(performance.now() - began).toBeLessThan(5_000);
  writeFileSync(go, '');
  await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toBe('y\n'), { timeout: 5_000 });
});
