import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { gateway, steadily, tally } from '../support/gateway.ts';
import { runUpsync, startUpsync, writeConfig } from '../support/upsync.ts';

/** A Consul that has seen something: one that starts anew does not come to its index so soon. */
async function startOldConsul(): Promise<Consul> {
  const consul = await startConsul();
  for (let writes = 0; writes < 30; writes += 1) await consul.request('PUT', '/v1/kv/age', writes);
  return consul;
}

const config = 'upstreams: {web1: {on_empty: down}}\nstart_timeout: 500ms';

test('an upsync that starts beside a Consul that lost its state keeps what the last one knew, until there is more to know', async () => {
  await using consul = await startOldConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const flags = await writeConfig(nginx, config);
  await using first = startUpsync({ consul, nginx }, ...flags);
  await first.next('published');
  await first.kill();
  await consul.kill();
  await consul.start();
  const client = steadily(`${nginx.url}/web1`);

  await using second = startUpsync({ consul, nginx }, ...flags);
  const doubt = await second.next('queryFailed');
  expect(doubt.msg).toMatch(/empty answer for web1 not believed: .* behind \d+, .* lost its state/);
  expect(await second.next('notice')).toMatchObject({ kind: 'missing', servers: 1 });
  await second.next('unchanged');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });

  await consul.register(two.as('web1'));
  await second.next('published');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ two: 3 });
  expect(Object.keys(await client.stop()).sort()).toEqual(['one', 'two']);
});

test('so does one that reads its configuration anew meanwhile', async () => {
  await using consul = await startOldConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const flags = await writeConfig(nginx, config);
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  await consul.kill();
  await consul.start();
  upsync.signal('SIGHUP');
  await upsync.next('reconfigured');
  expect(await upsync.next('notice')).toMatchObject({ kind: 'missing', servers: 1 });
  await upsync.next('unchanged');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });
});

test('so does a unit, of what its own templates alone ask for', async () => {
  await using consul = await startOldConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const [source, destination] = [join(nginx.folder, 'db.eta'), join(nginx.folder, 'db.txt')];
  await writeFile(source, '<%= it.service("db").map(({ port }) => port).join(" ") %>\n');
  const units = JSON.stringify({ db: { templates: [{ source, destination }] } });
  const flags = await writeConfig(nginx, `${config}\nunits: ${units}`);
  await using first = startUpsync({ consul, nginx }, ...flags);
  await first.ever('published', ({ unit }) => unit === undefined);
  // Nobody else is to know of it.
  await consul.register({ name: 'db', id: 'db-1', address: '127.0.0.1', port: 5432 });
  await expect.poll(() => readFile(destination, 'utf8').catch(() => '')).toBe('5432\n');
  await first.ever('published', ({ unit }) => unit === 'db');
  await first.kill();
  await consul.kill();
  await consul.start();

  await using second = startUpsync({ consul, nginx }, ...flags);
  const doubt = await second.next('queryFailed', ({ query }) => query === 'service:db');
  expect(doubt.msg).toMatch(/empty answer for db not believed: .* lost its state/);
  expect(await readFile(destination, 'utf8')).toBe('5432\n');
});

test('a service that was deregistered while upsync was away is gone at its start', async () => {
  await using consul = await startOldConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const flags = await writeConfig(nginx, config);
  await using first = startUpsync({ consul, nginx }, ...flags);
  await first.next('published');
  await first.kill();
  await consul.deregister('web1-one');

  await using second = startUpsync({ consul, nginx }, ...flags);
  expect(await second.next('notice')).toMatchObject({ kind: 'down' });
  await second.next('published');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ 503: 3 });
});

test('a Consul that counts anew is believed by the next upsync too', async () => {
  await using consul = await startOldConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  for (const weight of [1, 2, 3, 1]) {
    await consul.register(one.as('web1', { weights: { passing: weight, warning: 1 } }));
  }
  const flags = await writeConfig(nginx, config);
  await using first = startUpsync({ consul, nginx }, ...flags);
  await first.next('published');
  await consul.kill();
  await first.next('queryFailed');
  await consul.start();
  await consul.register(one.as('web1'));
  await first.next('queryRecovered');
  await first.next('unchanged');
  await first.kill();
  await consul.deregister('web1-one');

  await using second = startUpsync({ consul, nginx }, ...flags);
  expect(await second.next('notice')).toMatchObject({ kind: 'down' });
  await second.next('published');
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ 503: 3 });
});

test('who knows that the service is gone for good says so with --once --apply', async () => {
  await using consul = await startOldConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const flags = await writeConfig(nginx, config);
  expect((await runUpsync({ consul, nginx }, ...flags, '--once', '--apply')).code).toBe(0);
  await consul.kill();
  await consul.start();
  expect((await runUpsync({ consul, nginx }, ...flags, '--once', '--apply')).code).toBe(0);
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ 503: 3 });
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  expect(await upsync.next('notice')).toMatchObject({ kind: 'down' });
});
