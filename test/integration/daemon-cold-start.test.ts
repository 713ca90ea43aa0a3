import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { layNginx, startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { ask, gateway, tally } from '../support/gateway.ts';
import { runUpsync, startUpsync } from '../support/upsync.ts';

test('nginx first: it starts with no managed folder there, and follows once upsync has come', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  expect((await ask(nginx.url)).body).toBe('gateway');
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  expect(await upsync.next('published')).toMatchObject({ proof: { kind: 'proven' } });
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('both at once: nginx starts whatever upsync has done so far, and comes to follow', async () => {
  await using consul = await startConsul();
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await using nginx = await layNginx(gateway());
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await nginx.start();
  await upsync.next('published');
  await consul.register(two.as('web1'));
  await upsync.next('changed', ({ up }) => up === 2);
  await upsync.next('published');
  while ((await ask(`${nginx.url}/web1`)).status !== 200);
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});

test('Consul last, and the start waits for it', async () => {
  await using consul = await startConsul();
  await consul.kill();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  expect(await upsync.next('waiting')).toMatchObject({ missing: ['web1'] });
  expect(upsync.count('published')).toBe(0);
  await consul.start();
  await consul.register(one.as('web1'));
  await upsync.next('changed', ({ up }) => up === 1);
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('Consul last, and the start does not wait so long: requests get a 503 until it is there', async () => {
  await using consul = await startConsul();
  await consul.kill();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--start-timeout', '500ms');
  expect(await upsync.next('notice')).toMatchObject({
    level: 'warn',
    kind: 'missing',
    msg: 'web1  Consul has not answered for it; it answers 503',
  });
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ 503: 2 });
  await consul.start();
  await consul.register(one.as('web1'));
  await upsync.next('changed', ({ up }) => up === 1);
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('a service that has not answered by then keeps the servers of the last release', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using first = startUpsync({ consul, nginx }, '--service', 'web1');
  await first.next('published');
  await first.kill();
  await consul.kill();

  await using second = startUpsync({ consul, nginx }, '--service', 'web1', '--start-timeout', '500ms');
  expect(await second.next('notice')).toMatchObject({ kind: 'missing', servers: 1 });
  await second.next('unchanged');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('an nginx that names its upstreams starts after a seed, which needs no Consul, and answers 503 until there is more', async () => {
  await using consul = await startConsul();
  await consul.kill();
  await using nginx = await layNginx(gateway({ named: ['web1', 'web2'] }));
  await using one = await startBackend('one');
  const services = ['--service', 'web1', '--service', 'web2'];
  await expect(nginx.start()).rejects.toThrow('host not found in upstream "web1"');

  const seeded = await runUpsync({ consul, nginx }, '--once', '--apply', '--seed', ...services);
  expect(seeded).toMatchObject({ code: 0, stderr: '' });
  expect(seeded.stdout).toContain('Nothing was reloaded: ');
  await nginx.start();
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ 503: 3 });

  await consul.start();
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, ...services, '--keep-for', '0s');
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });
  expect(await tally(`${nginx.url}/web2`, 3)).toEqual({ 503: 3 });

  // Seeded again, as at each start of the machine, it has the last servers.
  await upsync.kill();
  await consul.kill();
  const again = await runUpsync({ consul, nginx }, '--once', '--apply', '--seed', ...services);
  expect(again.code).toBe(0);
  await nginx.restart();
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });
});
