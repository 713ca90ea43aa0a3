import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { ask, gateway, rendered, steadily, tally } from '../support/gateway.ts';
import { type LogLine, startUpsync, writeConfig } from '../support/upsync.ts';

const kept = ({ kind }: LogLine) => kind === 'kept';

test('keep: the last server stays while it is registered and critical, whatever keep_for says', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1', { health: 'passing' }));
  const flags = await writeConfig(nginx, 'upstreams: {web1: {on_empty: keep, keep_for: 1s}}');
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');

  await consul.check('web1-one', 'critical');
  expect(await upsync.next('notice')).toMatchObject({
    level: 'warn',
    msg: 'web1  1 registered, not healthy, keeping 1 while it is registered',
    kind: 'kept',
    empty: { why: 'unhealthy', registered: 1 },
    servers: 1,
  });
  await upsync.next('unchanged');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });

  // One that is healthy takes its place.
  await consul.register(two.as('web1', { health: 'passing' }));
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ two: 3 });
});

test('keep: the last server stays for keep_for after it was deregistered, then requests get a 503', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const flags = await writeConfig(nginx, 'upstreams: {web1: {keep_for: 2s}}');
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');

  await consul.deregister('web1-one');
  const notice = await upsync.next('notice', kept);
  expect(notice).toMatchObject({
    level: 'warn',
    // What is left of two seconds as it is said.
    msg: expect.stringMatching(/^web1 {2}0 registered, keeping 1 for [12]\.\d s$/),
    empty: { why: 'none registered', registered: 0 },
    servers: 1,
  });
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });

  expect(await upsync.next('notice')).toMatchObject({ kind: 'down', empty: { registered: 0 } });
  expect(await upsync.next('changed')).toMatchObject({ left: [`127.0.0.1:${one.port}`], up: 0 });
  const { time } = await upsync.next('published');
  expect(Date.parse(String(time))).toBeGreaterThanOrEqual(Number(notice.until));
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ 503: 3 });

  await consul.register(one.as('web1'));
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });
});

test('keep: keep_for goes on over a restart of upsync', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const flags = await writeConfig(nginx, 'upstreams: {web1: {keep_for: 4s}}');
  await using first = startUpsync({ consul, nginx }, ...flags);
  await first.next('published');
  await consul.deregister('web1-one');
  const { until } = await first.next('notice', kept);
  await first.next('unchanged');
  await first.kill();

  await using second = startUpsync({ consul, nginx }, ...flags);
  expect((await second.next('notice', kept)).until).toBe(until);
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });
  const { time } = await second.next('published');
  expect(Date.parse(String(time))).toBeGreaterThanOrEqual(Number(until));
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ 503: 3 });
});

test('keep: an address that another service has registered is given up at once', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--keep-for', '60s');
  await upsync.next('published');
  await consul.deregister('web1-one');
  await upsync.next('notice', kept);
  expect(await tally(`${nginx.url}/web1`, 1)).toEqual({ one: 1 });

  await consul.register(one.as('another'));
  expect(await upsync.next('notice')).toMatchObject({ kind: 'down' });
  await upsync.next('published');
  const before = one.hits;
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ 503: 3 });
  expect(one.hits).toBe(before);
});

test('down: requests get a 503 as soon as the last server is unhealthy', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1', { health: 'passing' }));
  const flags = await writeConfig(nginx, 'upstreams: {web1: {on_empty: down}}');
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');

  await consul.check('web1-one', 'critical');
  expect(await upsync.next('notice')).toMatchObject({
    level: 'warn',
    msg: 'web1  1 registered, not healthy, it answers 503',
  });
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ 503: 3 });

  await consul.check('web1-one', 'passing');
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });
});

test('drop: the upstream is left out, and back with the first healthy server', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using other = await startBackend('other');
  await consul.register(one.as('web1'));
  await consul.register(other.as('web2'));
  const flags = await writeConfig(nginx, 'upstreams: {web1: {on_empty: drop}, web2: {}}');
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  const client = steadily(`${nginx.url}/web2`);

  await consul.deregister('web1-one');
  expect(await upsync.next('notice')).toMatchObject({
    level: 'warn',
    msg: 'web1  0 registered, its upstream is left out',
  });
  await upsync.next('published');
  expect(await rendered(nginx)).not.toContain('web1');
  expect((await ask(`${nginx.url}/web1`)).status).toBe(502);

  await consul.register(one.as('web1'));
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });
  expect(Object.keys(await client.stop())).toEqual(['other']);
});
