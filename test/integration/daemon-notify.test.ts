import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { layNginx, startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { nginxCommand } from '../support/exec.ts';
import { gateway } from '../support/gateway.ts';
import { openNotifySocket } from '../support/notify-socket.ts';
import { startUpsync, writeConfig } from '../support/upsync.ts';

test('systemd is told that upsync is ready, reads its configuration anew, and stops', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using socket = await openNotifySocket(join(nginx.folder, 'notify'));
  const flags = await writeConfig(nginx, 'upstreams: {web1: {}}\n');
  const env = { NOTIFY_SOCKET: socket.address };
  await using upsync = startUpsync({ consul, nginx, env }, ...flags);
  expect(await socket.next('READY=1')).toEqual([
    'READY=1',
    expect.stringMatching(/^STATUS=nginx runs release [0-9a-f]{16}$/),
  ]);
  expect(socket.messages).toHaveLength(1);

  const before = process.hrtime.bigint() / 1_000n;
  upsync.signal('SIGHUP');
  const [, told = ''] = await socket.next('RELOADING=1');
  // The clock that systemd compares it with, in µs.
  expect(BigInt(told.replace('MONOTONIC_USEC=', ''))).toBeGreaterThanOrEqual(before);
  await socket.next('READY=1');

  await writeConfig(nginx, 'upstrems: {}\n');
  upsync.signal('SIGHUP');
  await socket.next('RELOADING=1');
  expect(await socket.next('READY=1')).toContain('STATUS=the new configuration is not used');

  upsync.signal('SIGTERM');
  await socket.next('STOPPING=1');
  expect(await upsync.ended).toEqual({ code: 0, signal: null });
  expect(upsync.lines.filter(({ what }) => String(what).includes('systemd'))).toEqual([]);
});

test('a release that nginx does not take is not ready; an nginx that is not there does not keep it from being', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  await using socket = await openNotifySocket(`@upsync-test-${process.pid}`);
  const config = join(nginx.folder, 'any.conf.eta');
  await writeFile(config, 'no_such_directive;');
  const env = { NOTIFY_SOCKET: socket.address };
  const flags = ['--service', 'web1', '--templates', nginx.folder];
  await using upsync = startUpsync({ consul, nginx, env }, ...flags);
  await upsync.next('rejected');
  expect(socket.messages).toEqual([]);
  await writeFile(config, '# nothing\n');
  expect(await socket.next('READY=1')).toContainEqual(expect.stringMatching(/^STATUS=in place for nginx/));
});

test('with an nginx of its own upsync is ready once that runs the release', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway());
  await using socket = await openNotifySocket(join(nginx.folder, 'notify'));
  const env = { NOTIFY_SOCKET: socket.address };
  const flags = ['--service', 'web1', '--exec', nginxCommand(nginx)];
  await using upsync = startUpsync({ consul, nginx, env }, ...flags);
  await socket.next('READY=1');
  expect(upsync.lines.some(({ event, state }) => event === 'gateway' && state === 'running')).toBe(true);
  upsync.signal('SIGTERM');
  await socket.next('STOPPING=1');
  await upsync.ended;
});

test('the watchdog hears of upsync twice as often as it must', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using socket = await openNotifySocket(join(nginx.folder, 'notify'));
  const env = { NOTIFY_SOCKET: socket.address, WATCHDOG_USEC: '400000' };
  await using upsync = startUpsync({ consul, nginx, env }, '--service', 'web1');
  await socket.next('READY=1');
  await socket.next('WATCHDOG=1');
  const began = performance.now();
  for (let signs = 0; signs < 5; signs += 1) await socket.next('WATCHDOG=1');
  const took = performance.now() - began;
  expect(took).toBeGreaterThan(600);
  expect(took).toBeLessThan(10_000);
  upsync.signal('SIGTERM');
  await upsync.ended;
});

test('where systemd cannot be told, that is said once and ends nothing', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  const env = { NOTIFY_SOCKET: join(nginx.folder, 'none') };
  const flags = ['--service', 'web1'];
  await using upsync = startUpsync({ consul, nginx, env }, ...flags);
  expect(await upsync.next('problem')).toMatchObject({
    what: expect.stringMatching(/^systemd is not told how upsync does: .*No such file or directory/),
    where: 'NOTIFY_SOCKET',
    remedy: 'set NotifyAccess=all in the unit, or Type=exec',
  });
  upsync.signal('SIGHUP');
  await upsync.next('reconfigured');
  await upsync.next('unchanged');
  upsync.signal('SIGTERM');
  expect(await upsync.ended).toEqual({ code: 0, signal: null });
  expect(upsync.count('problem')).toBe(1);
});
