import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startConsul } from '../bed/consul.ts';
import { layNginx, type NginxBed, startNginx } from '../bed/nginx.ts';
import { listing } from '../bed/nginx-listing.ts';
import { startBackend } from '../support/backend.ts';
import { gateway, reloads, tally } from '../support/gateway.ts';
import { outputOf, runUpsync, startUpsync } from '../support/upsync.ts';

const nowhere = { url: 'http://127.0.0.1:9' };

/** All that a dry run beside this bed could write to: its own files, and nginx's compiled-in places. */
async function surroundings(nginx: NginxBed): Promise<readonly string[]> {
  const places = [nginx.folder, '/run/nginx.pid', '/var/lock/nginx.lock', '/var/log/nginx', '/var/lib/nginx'];
  const lines = (await Promise.all(places.map(listing))).flat();
  // A nginx that runs writes a log of its own, some of it after it first answers.
  const own = existsSync(nginx.pidFile) ? `${join(nginx.folder, 'logs/error.log')} ` : undefined;
  return lines.filter((line) => own === undefined || !line.startsWith(own));
}

test('a dry run shows who would come and the diff of each file, and leaves nothing behind', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const temporary = join(nginx.folder, 'tmp');
  await mkdir(temporary);
  const place = { consul, nginx, env: { TMPDIR: temporary } };
  const before = await surroundings(nginx);

  const { code, stdout, stderr } = await runUpsync(place, '--once', '--service', 'web1');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`web1  + 127.0.0.1:${one.port} (${consul.node}), now 1 up\n`);
  expect(stdout).toContain('--- /dev/null\n+++ candidate/http/upstreams.conf\n');
  expect(stdout).toContain(`\n+    server 127.0.0.1:${one.port};\n`);
  expect(stdout).toMatch(
    /\nWould change http\/upstreams\.conf: nginx accepts it \(tested in \d+ ms\)\. Nothing was touched; --apply does it\.\n$/,
  );

  expect(await readdir(temporary)).toEqual([]);
  // The temporary folder itself had entries for a while.
  const others = (lines: readonly string[]) => lines.filter((line) => !line.startsWith(`${temporary} `));
  expect(others(await surroundings(nginx))).toEqual(others(before));
  expect(await reloads(nginx)).toBe(0);
});

test('a dry run beside an nginx that does not run leaves no pid file and no log', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway({ named: ['web1'] }));
  await consul.register({ id: 'web1-1', name: 'web1', port: 9 });
  const before = await surroundings(nginx);
  expect(await runUpsync({ consul, nginx }, '--once', '--service', 'web1')).toMatchObject({ code: 0 });
  expect(await surroundings(nginx)).toEqual(before);
});

test('with --exit-code 2 means that something would change, and 0 that nothing would', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const dry = () => runUpsync({ consul, nginx }, '--once', '--exit-code', '--service', 'web1');
  expect((await dry()).code).toBe(2);
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  const same = await dry();
  expect(same.code).toBe(0);
  expect(same.stdout).toMatch(/^Nothing would change: nginx accepts it/);
  await upsync.kill();

  await consul.register(two.as('web1'));
  const more = await dry();
  expect(more.code).toBe(2);
  expect(more.stdout).toContain('--- live/http/upstreams.conf\n+++ candidate/http/upstreams.conf\n');
  expect(more.stdout).toContain(`\n+    server 127.0.0.1:${two.port};\n`);
  expect(more.stdout).toContain(`\n     server 127.0.0.1:${one.port};\n`);
});

test('a dry run that nginx rejects ends with 1, and says file and line', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await consul.register({ id: 'web1-1', name: 'web1', port: 9 });
  const templates = join(nginx.folder, 'templates');
  await mkdir(templates);
  await writeFile(join(templates, 'web.conf.eta'), '\nno_such_directive;\n');
  const flags = ['--service', 'web1', '--templates', templates];
  const before = await surroundings(nginx);
  const { code, stdout } = await runUpsync({ consul, nginx }, '--once', ...flags);
  expect(code).toBe(1);
  expect(stdout).toBe(
    'Rejected at test; nothing was changed.\n\nhttp/web.conf:2: unknown directive "no_such_directive"\n',
  );
  expect(await surroundings(nginx)).toEqual(before);

  const applied = await runUpsync({ consul, nginx }, '--once', '--apply', ...flags);
  expect(applied.code).toBe(1);
  expect(await readdir(outputOf(nginx))).toEqual(['releases']);
  expect(await readdir(join(outputOf(nginx), 'releases'))).toEqual([]);
});

test('--json is one document with the outcome and what is to be noted', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const flags = ['--once', '--json', '--service', 'web1', '--service', 'web2'];
  const { code, stdout } = await runUpsync({ consul, nginx }, ...flags);
  expect(code).toBe(0);
  const document: unknown = z.unknown().parse(JSON.parse(stdout));
  expect(document).toMatchObject({
    outcome: {
      kind: 'accepted',
      changes: [{ upstream: 'web1', joined: [{ host: '127.0.0.1', port: one.port }], left: [], up: 1 }],
      files: [{ path: 'http/upstreams.conf', patch: expect.stringContaining('+upstream web1 {') }],
      warnings: [],
      steps: { test: expect.any(Number) },
    },
    notices: [{ kind: 'down', upstream: 'web2', empty: { why: 'none registered', registered: 0 } }],
  });
});

test('--once --apply does it, once', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const apply = () => runUpsync({ consul, nginx }, '--once', '--apply', '--service', 'web1');
  const first = await apply();
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(/\nRelease [0-9a-f]{16} is live: nginx reloaded and 2 workers run it/);
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  expect((await apply()).stdout).toMatch(/^Nothing to change: release [0-9a-f]{16} is what there is\.\n$/);
  expect(await reloads(nginx)).toBe(1);
  expect(await readdir(outputOf(nginx))).not.toContain('upsync.sock');
});

test('--once --apply with no nginx running publishes, and says that nothing was reloaded', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway({ named: ['web1'] }));
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const { code, stdout } = await runUpsync({ consul, nginx }, '--once', '--apply', '--service', 'web1');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /is published, and what nginx starts with\. Nothing was reloaded: .*nginx is not running; .*\n$/,
  );
  await nginx.start();
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('--once --apply is refused where an upsync is at work; a dry run is not', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await consul.register({ id: 'web1-1', name: 'web1', port: 9 });
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  const applied = await runUpsync({ consul, nginx }, '--once', '--apply', '--service', 'web1');
  expect(applied).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^upsync: .*: another upsync works on this folder; stop it, .*\n$/),
  });
  expect(await runUpsync({ consul, nginx }, '--once', '--service', 'web1')).toMatchObject({ code: 0 });
});

test('a seed where an upsync is at work leaves it at work, and says what there is', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await consul.register({ id: 'web1-1', name: 'web1', port: 9 });
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  const { digest } = await upsync.next('published');
  const again = () => runUpsync({ consul, nginx }, '--once', '--apply', '--seed', '--service', 'web1');
  expect(await again()).toMatchObject({
    code: 0,
    stdout: `Nothing to change: release ${String(digest)} is what there is.\n`,
  });
});

test('a Consul that cannot be reached ends it with 1 when start_timeout is over', async () => {
  await using nginx = await startNginx(gateway());
  const before = await surroundings(nginx);
  const began = performance.now();
  const flags = ['--once', '--service', 'web1', '--start-timeout', '1s'];
  const { code, stdout, stderr } = await runUpsync({ consul: nowhere, nginx }, ...flags);
  const took = performance.now() - began;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('upsync: Consul has not answered for web1 within 1 s; ');
  expect(took).toBeGreaterThan(1_000);
  expect(await surroundings(nginx)).toEqual(before);
});
