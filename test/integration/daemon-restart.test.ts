import { readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { proofServer, testify } from '../../src/nginx/proof.ts';
import { startConsul } from '../bed/consul.ts';
import { layNginx, startNginx } from '../bed/nginx.ts';
import { reloadsPerChange, via, workersByDefault } from '../bed/via.ts';
import { startBackend } from '../support/backend.ts';
import { endOrphans, gateway, killAll, orphansOf, reloads, tally } from '../support/gateway.ts';
import { testOfReload } from '../support/of-reload.ts';
import { flagsOf, launch, outputOf, startUpsync } from '../support/upsync.ts';

const driver = 'test/support/killed-upsync.ts';
const never = new AbortController().signal;

/** The digest at the end of a release's folder name. */
async function onDisk(nginx: { readonly folder: string }): Promise<string> {
  return basename(await readlink(join(outputOf(nginx), 'current'))).replace(/^.*-/, '');
}

testOfReload(
  'a release that was published but not reloaded is reloaded at the next start, though the bytes are the same',
  async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(gateway());
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    const place = { consul, nginx };
    const args = [...flagsOf(place), '--service', 'web1'];
    await consul.register(one.as('web1'));
    await launch(driver, ['0', ...args]).ended;
    await consul.register(two.as('web1'));
    const killed = launch(driver, ['publish', ...args]);
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(killed.lines.at(-1)?.msg).toBe('publish');

    const digest = await onDisk(nginx);
    const proof = proofServer('auto', outputOf(nginx)).ask;
    expect((await testify(proof, 1_000, never))?.digest).not.toBe(digest);
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 4 });
    const before = await reloads(nginx);

    await using upsync = startUpsync(place, '--service', 'web1');
    expect(await upsync.next('published')).toMatchObject({ digest });
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
    expect(await reloads(nginx)).toBe(before + 1);
  },
);

test('upsync that starts beside an nginx which runs its release signals nobody', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using first = startUpsync({ consul, nginx }, '--service', 'web1');
  await first.next('published');
  await first.kill();
  const before = await reloads(nginx);

  await using second = startUpsync({ consul, nginx }, '--service', 'web1');
  await second.next('unchanged');
  expect(second.count('published')).toBe(0);
  expect(await reloads(nginx)).toBe(before);
});

test('nginx that is restarted by hand is followed on', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  await nginx.restart();
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  await consul.register(two.as('web1'));
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  // It started with the release, and was not reloaded for that.
  expect(await reloads(nginx)).toBe(1 + reloadsPerChange);
});

test('nginx that starts later than upsync has the release, and is followed from then on', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway({ named: ['web1'] }));
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  expect(await upsync.next('published')).toMatchObject({
    proof: { kind: 'stopped' },
    msg: expect.stringMatching(
      /is published, and what nginx starts with: .*nginx is not running; start nginx/,
    ),
  });
  await nginx.start();
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  expect(await upsync.next('gateway', ({ state }) => state === 'running')).toMatchObject({ level: 'info' });
  await consul.register(two.as('web1'));
  expect(await upsync.next('published')).toMatchObject({ proof: { kind: 'proven' } });
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});

test('changes while nginx is stopped are what it starts with', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await using three = await startBackend('three');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  await nginx.stop();
  expect(await upsync.next('gateway', ({ state }) => state === 'stopped')).toMatchObject({
    level: 'warn',
    msg: expect.stringContaining('nginx is not running'),
  });
  await consul.register(two.as('web1'));
  expect(await upsync.next('published')).toMatchObject({ proof: { kind: 'stopped' } });

  await nginx.start();
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  await upsync.next('gateway', ({ state }) => state === 'running');
  await consul.register(three.as('web1'));
  expect(await upsync.next('published')).toMatchObject({ proof: { kind: 'proven' } });
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 1, two: 1, three: 1 });
});

test('nginx that is killed with its workers and started again is followed on', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  await killAll(nginx);
  await nginx.start();
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  await consul.register(two.as('web1'));
  await upsync.next('published', ({ proof }) => JSON.stringify(proof).includes('proven'));
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});

test('nginx that is killed while a reload is being proven is followed on once it is back', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--nginx-proof-timeout', '1s');
  await upsync.next('published');
  await consul.register(two.as('web1'));
  await upsync.next('progress', ({ step, part }) => step === 'publish' && part === undefined);
  await killAll(nginx);
  await nginx.start();
  // Whether the death was seen before the reload or in it, what nginx runs in the end is proven.
  await upsync.next('progress', ({ part }) => part === 'proven');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  const { ask: address } = proofServer('auto', outputOf(nginx));
  expect((await testify(address, 1_000, never))?.digest).toBe(await onDisk(nginx));
});

test('workers whose master was killed are named, and nobody is signalled; once they are ended nginx starts with what is right', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  const before = await reloads(nginx);
  await nginx.kill();
  const orphans = await orphansOf(nginx);
  expect(orphans).toHaveLength(workersByDefault);
  const said = await upsync.next('gateway', ({ state }) => state === 'stopped');
  expect(said).toMatchObject({
    level: 'warn',
    msg: expect.stringMatching(
      /^nginx's master is gone, but its workers still serve .*; end them \(kill -QUIT [\d ]+\)/,
    ),
  });
  const named = /QUIT ([\d ]+)/.exec(said.msg)?.[1]?.split(' ').map(Number) ?? [];
  expect(orphans).toEqual(expect.arrayContaining(named));

  await consul.register(two.as('web1'));
  await upsync.next('published');
  expect(await orphansOf(nginx)).toEqual(orphans);
  // With nobody to reload them, workers go on with what they had, unless they follow by themselves.
  const shares = via === 'push' ? { one: 2, two: 2 } : { one: 4 };
  await expect.poll(() => tally(`${nginx.url}/web1`, 4)).toEqual(shares);
  expect(await reloads(nginx)).toBe(before);

  await endOrphans(nginx);
  await nginx.start();
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  await upsync.next('gateway', ({ state }) => state === 'running');
});
