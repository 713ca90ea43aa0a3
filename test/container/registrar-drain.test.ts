import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startNginx } from '../bed/nginx.ts';
import { gateway, steadily, tally } from '../support/gateway.ts';
import { startUpsync } from '../support/upsync.ts';
import { docker } from './support/docker.ts';
import { type RunOptions, startRegistrarBed } from './support/registrar-bed.ts';

const app = join(import.meta.dirname, 'support/draining-app.mjs');
const names = ['one', 'two', 'three'];

test('docker stop of one of three under load loses no request where the application drains', async () => {
  await using bed = await startRegistrarBed();
  // Nothing is tried a second time: each failure is seen.
  await using nginx = await startNginx(gateway({ http: 'proxy_next_upstream off;' }));
  await using registrar = bed.register();
  await using upsync = startUpsync({ consul: bed.consul, nginx }, '--service', 'web');
  for (const name of names) await bed.run(name, named(name));
  const url = `${nginx.url}/web`;
  const answering = async () => Object.keys(await tally(url, 6)).sort();
  await expect.poll(answering, { timeout: 20_000 }).toEqual(names.toSorted());

  const clients = Array.from({ length: 4 }, () => steadily(url));
  upsync.forget();
  await docker('stop', '--time', '10', bed.nameOf('one'));
  await registrar.next('maintain', ({ id }) => id === bed.idOf('one'));
  await registrar.next('deregister', ({ id }) => id === bed.idOf('one'));
  await upsync.next('changed', ({ msg }) => msg.includes('drains (maintenance)'));
  await upsync.next('changed', ({ left }) => JSON.stringify(left) !== '[]');
  await upsync.next('published');
  const counts = await Promise.all(clients.map((client) => client.stop()));

  const sum = (name: string) => counts.reduce((total, count) => total + (count[name] ?? 0), 0);
  expect([...new Set(counts.flatMap(Object.keys))].sort()).toEqual(names.toSorted());
  for (const name of names) expect(sum(name)).toBeGreaterThan(0);
  expect(await answering()).toEqual(['three', 'two']);
});

function named(name: string): RunOptions {
  const settings = { SERVICE_NAME: 'web', SERVICE_CHECK_HTTP: '/', SERVICE_CHECK_INTERVAL: '1s' };
  const labels = Object.entries(settings).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
  return {
    image: 'upsync-test/node',
    options: ['--env', `NAME=${name}`, '--expose', '80', '--volume', `${app}:/app.mjs:ro`, ...labels],
    command: ['node', '/app.mjs'],
  };
}
