import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { reloadsPerChange } from '../bed/via.ts';
import { startBackend } from '../support/backend.ts';
import { gateway, reloads, tally } from '../support/gateway.ts';
import { startUpsync } from '../support/upsync.ts';

test('50 registrations 20 ms apart cost at most 3 reloads', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one', '0.0.0.0');
  await consul.register(one.as('web1', { address: '127.0.1.1' }));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  const before = await reloads(nginx);

  // The pace is what the test is about.
  const began = Date.now();
  for (let number = 2; number <= 51; number += 1) {
    await sleep(Math.max(0, began + (number - 1) * 20 - Date.now()));
    await consul.register(one.as('web1', { id: `web1-${number}`, address: `127.0.1.${number}` }));
  }
  const last = Date.now();
  await upsync.next('changed', ({ up }) => up === 51);
  const { time } = await upsync.next('published');
  const counted = (await reloads(nginx)) - before;
  console.log(
    `50 registrations in ${last - began} ms: ${counted} reloads, all live ${Date.parse(String(time)) - last} ms after the last`,
  );
  expect(counted).toBeLessThanOrEqual(3);
  expect(await tally(`${nginx.url}/web1`, 51)).toEqual({ one: 51 });
});

test('a change that comes alone does not wait for the quiet that ends a burst', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--wait', '4s:60s');
  await upsync.next('published');

  // Quiet as long as it takes for the next change to be a lone one.
  await sleep(4_000);
  const began = Date.now();
  await consul.register(two.as('web1'));
  const { changeToLive } = await upsync.next('published');
  console.log(`a lone change: live after ${changeToLive} ms, ${Date.now() - began} ms from its registration`);
  // It would have waited for 4 s of quiet.
  expect(changeToLive).toBeLessThan(4_000);
});

test('a change right behind another waits for quiet, and both the ones in a burst come together', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one', '0.0.0.0');
  await consul.register(one.as('web1', { address: '127.0.1.1' }));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--wait', '1s:5s');
  await upsync.next('published');
  for (const number of [2, 3, 4]) {
    await consul.register(one.as('web1', { id: `web1-${number}`, address: `127.0.1.${number}` }));
    await upsync.next('answered');
  }
  expect(await upsync.next('changed')).toMatchObject({ up: 4 });
  await upsync.next('published');
  expect(await reloads(nginx)).toBe(1 + reloadsPerChange);
});
