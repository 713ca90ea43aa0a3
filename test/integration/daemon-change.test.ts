import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { workersByDefault } from '../bed/via.ts';
import { startBackend } from '../support/backend.ts';
import { ask, gateway, tally } from '../support/gateway.ts';
import { givenServers } from '../support/given-servers.ts';
import { startUpsync } from '../support/upsync.ts';

test('an instance that registers gets its share of requests, and none once it is deregistered', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 4 });

  await consul.register(two.as('web1'));
  while ((await ask(`${nginx.url}/web1`)).body !== 'two');
  expect(await upsync.next('changed')).toMatchObject({
    level: 'info',
    upstream: 'web1',
    joined: [`127.0.0.1:${two.port}`],
    left: [],
    changed: [],
    up: 2,
    msg: `web1  + 127.0.0.1:${two.port} (${consul.node}), now 2 up`,
  });
  expect(await upsync.next('published')).toMatchObject({
    level: 'info',
    digest: expect.stringMatching(/^[0-9a-f]{16}$/),
    proof: { kind: 'proven', by: 'processes', workers: workersByDefault },
    changeToLive: expect.any(Number),
    steps: { test: expect.any(Number), publish: expect.any(Number), prove: expect.any(Number) },
  });
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });

  await consul.deregister('web1-two');
  expect(await upsync.next('changed')).toMatchObject({ joined: [], left: [`127.0.0.1:${two.port}`], up: 1 });
  await upsync.next('published');
  const before = two.hits;
  expect(await tally(`${nginx.url}/web1`, 10)).toEqual({ one: 10 });
  expect(two.hits).toBe(before);
});

test('a change of the weight changes the share of requests', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1', { weights: { passing: 30, warning: 1 } }));
  await consul.register(two.as('web1', { weights: { passing: 10, warning: 1 } }));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  expect(await givenServers(nginx)).toContain(`127.0.0.1:${one.port} weight=3`);
  expect(await tally(`${nginx.url}/web1`, 8)).toEqual({ one: 6, two: 2 });

  await consul.register(two.as('web1', { weights: { passing: 50, warning: 1 } }));
  expect(await upsync.next('changed')).toMatchObject({
    joined: [],
    left: [],
    changed: [`127.0.0.1:${two.port}`],
  });
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 8)).toEqual({ one: 3, two: 5 });
});

test('an instance whose check warns takes traffic by its warning weight', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  const weights = { passing: 3, warning: 1 };
  await consul.register(one.as('web1', { weights, health: 'passing' }));
  await consul.register(two.as('web1', { weights, health: 'passing' }));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');

  await consul.check('web1-two', 'warning');
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 8)).toEqual({ one: 6, two: 2 });
});

test('an instance in maintenance is rendered as down, and takes traffic again after it', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await consul.register(two.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');

  await consul.maintenance('web1-two', true);
  expect(await upsync.next('changed')).toMatchObject({
    left: [],
    changed: [`127.0.0.1:${two.port}`],
    up: 1,
    msg: expect.stringContaining('drains (maintenance)'),
  });
  await upsync.next('published');
  expect(await givenServers(nginx)).toContain(`127.0.0.1:${two.port} down`);
  const before = two.hits;
  expect(await tally(`${nginx.url}/web1`, 6)).toEqual({ one: 6 });
  expect(two.hits).toBe(before);

  await consul.maintenance('web1-two', false);
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
});

test('an IPv6 instance is reached', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using six = await startBackend('six', '::1');
  await consul.register(six.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  expect(await upsync.next('changed')).toMatchObject({ joined: [`[::1]:${six.port}`] });
  await upsync.next('published');
  expect(await givenServers(nginx)).toContain(`[::1]:${six.port}`);
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ six: 2 });
});

test('one upstream follows a service of another name', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  await consul.register(two.as('service_api'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--service', 'api=service_api');
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  expect(await tally(`${nginx.url}/api`, 2)).toEqual({ two: 2 });
});

test('nothing is said and nothing is done while nothing happens, and for changes that nginx need not know', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1', { health: 'passing', tags: ['a'] }));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published');
  upsync.forget();

  await consul.check('web1-one', 'passing', 'another output');
  await consul.register(one.as('web1', { health: 'passing', tags: ['b'] }));
  await upsync.next('answered');
  await upsync.next('unchanged');
  expect(upsync.count('published')).toBe(1);
  const spoken = upsync.lines.slice(upsync.lines.findIndex(({ event }) => event === 'published') + 1);
  expect(spoken.filter(({ level }) => level !== 'debug')).toEqual([]);
});
