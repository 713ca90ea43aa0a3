import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { workersOf as standing } from '../../src/nginx/processes.ts';
import { startConsul } from '../bed/consul.ts';
import { type NginxBed, startNginx } from '../bed/nginx.ts';
import { luaBuild } from '../bed/nginx-lua.ts';
import { until } from '../bed/nginx-processes.ts';
import { startBackend } from '../support/backend.ts';
import { published } from '../support/fault.ts';
import { gateway, reloads, steadily, tally } from '../support/gateway.ts';
import { outputOf, runUpsync, startUpsync } from '../support/upsync.ts';

const load = luaBuild()?.load;
const canPush = load !== undefined;

/** An nginx that has the Lua module. */
const withLua = (options: Parameters<typeof gateway>[0] = {}) => gateway({ ...options, main: load ?? '' });
const push = ['--service', 'web1', '--via', 'push'];

const workersOf = async (nginx: NginxBed) =>
  (await standing(await nginx.pid())).filter(({ draining }) => !draining).map(({ pid }) => pid);

test.skipIf(!canPush)(
  'instances come and go with no reload, no worker replaced and no request lost',
  async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(withLua());
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await consul.register(one.as('web1'));
    await using upsync = startUpsync({ consul, nginx }, ...push);
    expect(await upsync.next('started')).toMatchObject({
      msg: expect.stringContaining('pushes to its workers'),
    });
    // The first is a new structure.
    expect((await upsync.next('published')).proof).not.toHaveProperty('pushed');
    const workers = await workersOf(nginx);
    const before = await reloads(nginx);

    const client = steadily(`${nginx.url}/web1`, 2);
    for (let round = 0; round < 3; round += 1) {
      await consul.register(two.as('web1'));
      expect(await upsync.next('published')).toMatchObject({
        proof: { kind: 'proven', by: 'processes', workers: 2, pushed: true },
      });
      await consul.deregister('web1-two');
      await upsync.next('published');
      const hits = two.hits;
      expect(await tally(`${nginx.url}/web1`, 6)).toEqual({ one: 6 });
      expect(two.hits).toBe(hits);
    }
    const answers = Object.keys(await client.stop());
    expect(answers.filter((answer) => answer !== 'one' && answer !== 'two')).toEqual([]);
    expect(await reloads(nginx)).toBe(before);
    expect(await workersOf(nginx)).toEqual(workers);
  },
);

test.skipIf(!canPush)('a new structure is tested, takes a reload, and brings its servers along', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(withLua());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await consul.register(two.as('web2'));
  const config = join(nginx.folder, 'upsync.yaml');
  const write = (text: string) => writeFile(config, text);
  await write('upstreams: {web1: {}}\n');
  await using upsync = startUpsync({ consul, nginx }, '--config', config, '--via', 'push');
  await upsync.next('published');
  const before = await reloads(nginx);

  await write('upstreams: {web1: {}, web2: {}}\n');
  upsync.signal('SIGHUP');
  const { proof, steps } = await upsync.next('published');
  expect(proof).not.toHaveProperty('pushed');
  expect(steps).toHaveProperty('test');
  expect(await reloads(nginx)).toBe(before + 1);
  expect(await tally(`${nginx.url}/web2`, 2)).toEqual({ two: 2 });
});

test.skipIf(!canPush)(
  'an nginx that is restarted or reloaded by hand serves the newest servers',
  async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(withLua());
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await consul.register(one.as('web1'));
    await using upsync = startUpsync({ consul, nginx }, ...push);
    await upsync.next('published');
    await consul.register(two.as('web1'));
    await upsync.next('published');
    await consul.deregister('web1-one');
    await upsync.next('published');

    await nginx.restart();
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ two: 4 });
    const old = await workersOf(nginx);
    await nginx.reload();
    await until(
      'other workers stand',
      async () => !(await workersOf(nginx)).some((pid) => old.includes(pid)),
    );
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ two: 4 });

    await consul.register(one.as('web1'));
    expect(await upsync.next('published')).toMatchObject({ proof: { pushed: true } });
  },
);

test.skipIf(!canPush).each([
  ['the code of the balancer', 'lua'],
  ['the peers of the live release', 'current/peers'],
])('%s comes back where somebody took it away, and nginx can be restarted', async (_, path) => {
  await using consul = await startConsul();
  await using nginx = await startNginx(withLua());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, ...push);
  await upsync.next('published');
  await consul.register(two.as('web1'));
  await upsync.next('published');
  await rm(join(outputOf(nginx), path), { recursive: true });
  expect(await tally(`${nginx.url}/web1`, 10)).toMatchObject({
    one: expect.any(Number),
    two: expect.any(Number),
  });
  await upsync.next('published');
  await nginx.restart();
  expect(await tally(`${nginx.url}/web1`, 10)).toMatchObject({
    one: expect.any(Number),
    two: expect.any(Number),
  });
});

test.skipIf(!canPush)('a release that workers cannot read is taken back, and they serve on', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(withLua());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, ...push, '--nginx-proof-timeout', '300ms');
  await upsync.next('published');
  const before = await published(nginx);

  // What is staged from here on lies where only root may look: the links can be followed, and no further.
  await chmod(join(outputOf(nginx), 'releases'), 0o700);
  await consul.register(two.as('web1'));
  expect(await upsync.next('rolledBack')).toMatchObject({
    msg: expect.stringContaining('Permission denied'),
  });
  expect(await published(nginx)).toBe(before);
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 4 });

  await chmod(join(outputOf(nginx), 'releases'), 0o755);
  await upsync.next('published');
  while ((await tally(`${nginx.url}/web1`, 4)).two === undefined);
});

test.skipIf(!canPush)(
  'nginx in another container is pushed to as well: the FIFO is for new structures',
  async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(withLua());
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await consul.register(one.as('web1'));
    await mkdir(outputOf(nginx), { recursive: true });
    const fifo = join(outputOf(nginx), 'reload.fifo');
    spawnSync('mkfifo', [fifo]);
    // As the gateway container's entrypoint: a line, a reload.
    const reader = spawn('sh', [
      '-c',
      `while read -r line <>"$0"; do kill -HUP "$1"; done`,
      fifo,
      String(await nginx.pid()),
    ]);
    onTestFinished(() => void reader.kill('SIGKILL'));
    await using upsync = startUpsync({ consul, nginx }, ...push);
    await upsync.next('published');
    const before = await reloads(nginx);
    expect(before).toBe(1);

    await consul.register(two.as('web1'));
    expect(await upsync.next('published')).toMatchObject({
      proof: { kind: 'proven', by: 'answers', workers: 2, pushed: true },
    });
    await consul.deregister('web1-one');
    await upsync.next('published');
    expect(await tally(`${nginx.url}/web1`, 6)).toEqual({ two: 6 });
    expect(await reloads(nginx)).toBe(before);
  },
);

test.skipIf(!canPush)('with auto, nginx that has the module is pushed to', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(withLua());
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--via', 'auto');
  expect(await upsync.next('started')).toMatchObject({
    msg: expect.stringContaining('pushes to its workers'),
  });
});

test('with auto, nginx that has no module is reloaded, and it is said why', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--via', 'auto');
  expect(await upsync.next('started')).toMatchObject({
    msg: expect.stringContaining('reloads nginx: '),
  });
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('push is refused where nginx does not load the module', async () => {
  await using nginx = await startNginx(gateway());
  const ran = await runUpsync({ consul: { url: 'http://127.0.0.1:1' }, nginx }, ...push);
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('does not load the Lua module') });
  expect(ran.stderr).toContain('libnginx-mod-http-lua');
});

test.skipIf(!canPush)(
  'push is refused where an upstream asks for a method that it does not offer',
  async () => {
    await using nginx = await startNginx(withLua());
    const place = { consul: { url: 'http://127.0.0.1:1' }, nginx };
    const ran = await runUpsync(place, ...push, '--balance', 'least_conn');
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot do least_conn') });
  },
);
