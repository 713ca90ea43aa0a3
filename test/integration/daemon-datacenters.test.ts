import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { startDatacenters } from '../support/consul-datacenters.ts';
import { gateway, tally } from '../support/gateway.ts';
import { startUpsync, writeConfig } from '../support/upsync.ts';

test('the second datacenter serves while nothing in the first can, and no longer', async () => {
  const [one, two] = await startDatacenters();
  await using first = one;
  await using second = two;
  await using nginx = await startNginx(gateway());
  await using near = await startBackend('near');
  await using far = await startBackend('far');
  await first.register({ ...near.as('web1'), health: 'passing' });
  await second.register({ ...far.as('web1'), health: 'passing' });
  const config = await writeConfig(nginx, 'upstreams: {web1: {datacenter: [dc1, dc2]}}\n');
  await using upsync = startUpsync({ consul: first, nginx }, ...config);
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ near: 4 });

  await first.check(near.as('web1').id, 'critical');
  expect(await upsync.next('notice')).toMatchObject({
    level: 'warn',
    msg: 'web1  is served from dc2: nothing can serve in the datacenters before',
  });
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ far: 4 });

  await first.check(near.as('web1').id, 'passing');
  expect(await upsync.next('ended')).toMatchObject({
    msg: 'web1  is served from its first datacenter again',
  });
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ near: 4 });

  // The policy for nothing comes after the last of them: what served last is kept while it is registered.
  await second.check(far.as('web1').id, 'critical');
  await first.check(near.as('web1').id, 'critical');
  expect(await upsync.next('notice', ({ kind }) => kind === 'kept')).toMatchObject({
    msg: expect.stringContaining('2 registered, none healthy, keeping 1'),
  });
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ near: 4 });
});

test('an upstream follows the instances that its filter and all its tags leave, under any name', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await using three = await startBackend('three');
  const name = 'shop.cart.v2';
  const tags = ['v2', 'eu'];
  await consul.register({ ...one.as(name), tags, meta: { colour: 'red' } });
  await consul.register({ ...two.as(name), tags, meta: { colour: 'blue' } });
  await consul.register({ ...three.as(name), tags: ['v2'], meta: { colour: 'red' } });
  const config = await writeConfig(
    nginx,
    `upstreams: {cart: {service: ${name}, tags: [v2, eu], filter: 'Service.Meta.colour == "red"'}}\n`,
  );
  await using upsync = startUpsync({ consul, nginx }, ...config);
  await upsync.next('published');
  expect(await tally(`${nginx.url}/cart`, 4)).toEqual({ one: 4 });

  await consul.register({ ...two.as(name), tags, meta: { colour: 'red' } });
  await upsync.next('published');
  expect(await tally(`${nginx.url}/cart`, 4)).toEqual({ one: 2, two: 2 });
});
