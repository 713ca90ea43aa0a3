import { execFileSync } from 'node:child_process';
import { mkdir, open, readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { layNginx, startNginx } from '../bed/nginx.ts';
import { reloadsPerChange } from '../bed/via.ts';
import { startBackend } from '../support/backend.ts';
import { gateway, reloads, tally } from '../support/gateway.ts';
import { outputOf, runUpsync, startUpsync, writeConfig } from '../support/upsync.ts';

test('a second upsync on the same output ends with what is wrong and what to do', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await using first = startUpsync({ consul, nginx }, '--service', 'web1');
  await first.next('published');
  await using second = startUpsync({ consul, nginx }, '--service', 'web2', '--log-level', 'info');
  expect(await second.ended).toEqual({ code: 1, signal: null });
  expect(second.text()).toBe(
    `upsync: ${outputOf(nginx)}: another upsync works on this folder; stop it, or give this one an --output of its own\n`,
  );
  expect(second.lines).toEqual([]);

  // The first goes on, and once it is killed the next takes over at once.
  await consul.register(two.as('web1'));
  await first.next('published');
  await first.kill();
  await using third = startUpsync({ consul, nginx }, '--service', 'web1');
  await third.next('unchanged');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends it within a second, and nginx goes on serving`, async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(gateway());
    await using one = await startBackend('one');
    await consul.register(one.as('web1'));
    await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--service', 'none');
    await upsync.next('published');
    const began = performance.now();
    upsync.signal(signal);
    expect(await upsync.ended).toEqual({ code: 0, signal: null });
    const took = performance.now() - began;
    console.log(`${signal}: ended after ${Math.round(took)} ms`);
    expect(took).toBeLessThan(1_000);
    await upsync.next('stopping');
    expect(await upsync.next('stopped')).toMatchObject({
      level: 'info',
      msg: 'stopped: nginx goes on serving',
    });
    expect(upsync.text()).toBe('');
    expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });
  });
}

test('SIGTERM ends it within a second while it waits for a Consul that is away', async () => {
  await using nginx = await startNginx(gateway());
  await using upsync = startUpsync({ consul: { url: 'http://127.0.0.1:9' }, nginx }, '--service', 'web1');
  await upsync.next('queryFailed');
  const began = performance.now();
  upsync.signal('SIGTERM');
  expect(await upsync.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - began).toBeLessThan(1_000);
});

for (const step of ['stage', 'test', 'publish'] as const) {
  test(`SIGTERM in the middle of a pass, after ${step}, is no error, and the next start finds nothing broken`, async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(gateway());
    await using one = await startBackend('one');
    await consul.register(one.as('web1'));
    const temporary = join(nginx.folder, 'tmp');
    await mkdir(temporary);
    const place = { consul, nginx, env: { TMPDIR: temporary } };
    await using upsync = startUpsync(place, '--service', 'web1');
    await upsync.next('progress', (line) => line.step === step && line.part === undefined);
    const began = performance.now();
    upsync.signal('SIGTERM');
    expect(await upsync.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(upsync.text()).toBe('');
    expect(upsync.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
    const releases = await readdir(join(outputOf(nginx), 'releases'));
    const current = await readlink(join(outputOf(nginx), 'current')).catch(() => undefined);
    expect(releases).toEqual(current === undefined ? [] : [basename(current)]);

    await using next = startUpsync(place, '--service', 'web1');
    await Promise.race([next.next('unchanged'), next.next('published')]);
    expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });
  });
}

test('SIGHUP takes up a new configuration, and goes on with the old one where the new is bad', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await using three = await startBackend('three');
  await consul.register(one.as('web1'));
  await consul.register(two.as('web2'));
  const flags = await writeConfig(nginx, 'upstreams: {web1: {}}\n');
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web2`, 1)).toEqual({ 502: 1 });

  await writeConfig(nginx, 'upstreams: {web1: {}, web2: {}}\n');
  upsync.signal('SIGHUP');
  await upsync.next('reconfigured');
  expect(await upsync.next('changed')).toMatchObject({ upstream: 'web2' });
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  expect(await tally(`${nginx.url}/web2`, 2)).toEqual({ two: 2 });
  const before = await reloads(nginx);

  await writeConfig(nginx, 'upstreams: {web1: {}}\nupstrems: {}\n');
  upsync.signal('SIGHUP');
  expect(await upsync.next('problem')).toMatchObject({
    level: 'error',
    what: 'the new configuration is not used: unknown key',
    where: `${flags[1]}:2 upstrems`,
    remedy: 'did you mean upstreams?',
  });
  await consul.register(three.as('web2'));
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web2`, 4)).toEqual({ two: 2, three: 2 });
  expect(await reloads(nginx)).toBe(before + reloadsPerChange);
});

test('SIGHUP with a configuration that nginx does not take gives way to the one before, which goes on following Consul', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway({ named: ['web1'] }));
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const flags = await writeConfig(nginx, 'upstreams: {web1: {}}\n');
  const seeded = await runUpsync({ consul, nginx }, '--once', '--apply', '--seed', ...flags);
  expect(seeded.stdout).toContain('web1  Consul is not asked; it answers 503\n');
  await nginx.start();
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');

  // nginx.conf goes on naming web1.
  await writeConfig(nginx, 'upstreams: {web2: {}}\n');
  upsync.signal('SIGHUP');
  await upsync.next('reconfigured');
  expect(await upsync.next('rejected')).toMatchObject({
    what: expect.stringContaining('host not found in upstream "web1"'),
  });
  expect(await upsync.next('problem')).toMatchObject({
    what: 'the new configuration is not used: nginx does not take it; the one before goes on',
  });
  await consul.register(two.as('web1'));
  await upsync.next('changed', ({ joined }) => String(joined) === `127.0.0.1:${two.port}`);
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });

  await writeConfig(nginx, 'upstreams: {web1: {}, web2: {}}\n');
  upsync.signal('SIGHUP');
  await upsync.next('published');
});

test('SIGHUP without a change of the configuration costs no reload', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  const before = await reloads(nginx);
  upsync.signal('SIGHUP');
  await upsync.next('reconfigured');
  await upsync.next('unchanged');
  expect(await reloads(nginx)).toBe(before);
});

test('a SIGHUP that comes while it still reads its configuration has that read again, and ends nothing', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const [flag, path] = ['--config', join(nginx.folder, 'upsync.yaml')];
  execFileSync('mkfifo', [path]);
  await using upsync = startUpsync({ consul, nginx }, flag, path);
  // It opens once somebody reads.
  await using first = await open(path, 'w');
  upsync.signal('SIGHUP');
  await first.writeFile('upstreams: {web1: {}}');
  await first.close();
  await upsync.next('started');
  await using again = await open(path, 'w');
  await again.writeFile('upstreams: {web1: {}}');
  await again.close();
  await upsync.next('reconfigured');
});
