import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { ask, gateway, killAll, tally } from '../support/gateway.ts';
import { takenPort } from '../support/taken-port.ts';
import { flagsOf, launch, outputOf, startUpsync } from '../support/upsync.ts';

const driver = 'test/support/killed-upsync.ts';

test('a first release that nginx does not come to run is taken away again: nginx can start without it', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const { flags, url, holder } = await takenPort(nginx);
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  expect(await upsync.next('rolledBack')).toMatchObject({
    msg: expect.stringMatching(/^rolled back to nginx without upsync: nginx does not run release/),
  });
  expect(await readdir(join(outputOf(nginx), 'http'))).toEqual([]);
  expect(await readdir(outputOf(nginx))).not.toContain('current');
  expect((await ask(nginx.url)).body).toBe('gateway');

  holder.close();
  await upsync.next('published');
  expect((await ask(url)).body).toBe('new port');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('a first release that nginx cannot run is taken away by the next upsync, where the one that published it was killed', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const { flags, url, holder } = await takenPort(nginx);
  const place = { consul, nginx };
  const args = [...flagsOf(place), ...flags];
  // Between the switch and the reload.
  const killed = launch(driver, ['publish', ...args]);
  await killed.ended;
  expect(killed.lines.at(-1)?.msg).toBe('publish');

  await using upsync = startUpsync(place, ...flags);
  await upsync.next('rolledBack');
  await killAll(nginx);
  await nginx.start();
  expect((await ask(nginx.url)).body).toBe('gateway');

  holder.close();
  await upsync.next('published', ({ proof }) => JSON.stringify(proof).includes('proven'));
  expect((await ask(url)).body).toBe('new port');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('a release that nginx cannot run is put back to the proven one by the next upsync, where the one that published it was killed', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using first = startUpsync({ consul, nginx }, '--service', 'web1');
  const { digest } = await first.next('published');
  await first.kill();

  const { flags, url, holder } = await takenPort(nginx);
  await using second = startUpsync({ consul, nginx }, ...flags);
  await second.next('progress', ({ step, part }) => step === 'publish' && part === undefined);
  await second.kill();
  await using third = startUpsync({ consul, nginx }, ...flags);
  expect((await third.next('rolledBack')).msg).toContain(`rolled back to release ${digest}`);
  await killAll(nginx);
  await nginx.start();
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });

  holder.close();
  await third.next('published', ({ proof }) => JSON.stringify(proof).includes('proven'));
  expect((await ask(url)).body).toBe('new port');
});
