import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { until } from '../bed/nginx-processes.ts';
import { startBackend } from '../support/backend.ts';
import { gateway, reloads, soon, steadily, tally } from '../support/gateway.ts';
import { testOfReload } from '../support/of-reload.ts';
import { startUpsync, writeConfig } from '../support/upsync.ts';

const shiftedClock = join(import.meta.dirname, '../support/shifted-clock.ts');

/** keep_for and grace in ms, as in the configuration below. */
const lasting = 3_000;

async function jump(signal: 'SIGUSR2' | 'SIGWINCH'): Promise<void> {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using other = await startBackend('other');
  await using near = await startBackend('near');
  await using far = await startBackend('far', '0.0.0.0');
  await consul.register(one.as('web1'));
  await consul.register(near.as('web2'));
  for (const number of [1, 2, 3, 4]) {
    await consul.request('PUT', '/v1/catalog/register', {
      Node: 'far',
      Address: '127.0.0.1',
      SkipNodeUpdate: number > 1,
      Service: { ID: `web2-${number}`, Service: 'web2', Address: `127.0.2.${number}`, Port: far.port },
    });
  }
  const flags = await writeConfig(
    nginx,
    'upstreams: {web1: {keep_for: 3s}, web2: {}, web3: {}}\nguard: {grace: 3s}\n',
  );
  const place = { consul, nginx, env: { NODE_OPTIONS: `--import ${shiftedClock}` } };
  await using upsync = startUpsync(place, ...flags);
  await upsync.next('published');

  const began = performance.now();
  await consul.deregister('web1-one');
  await upsync.next('notice', ({ kind }) => kind === 'kept');
  await consul.request('PUT', '/v1/catalog/deregister', { Node: 'far' });
  await upsync.next('notice', ({ kind }) => kind === 'held');
  upsync.signal(signal);
  const shifted = await upsync.next('shifted');
  expect(Math.abs(Date.parse(shifted.msg.slice('now it is '.length)) - Date.now())).toBeGreaterThan(
    3_500_000,
  );
  // Another change has everything looked at by the new time.
  await consul.register(other.as('web3'));
  await upsync.next('changed', ({ upstream }) => upstream === 'web3');

  await upsync.next('changed', ({ upstream, up }) => upstream === 'web1' && up === 0);
  expect(performance.now() - began).toBeGreaterThanOrEqual(lasting);
  await upsync.next('changed', ({ upstream, up }) => upstream === 'web2' && up === 1);
  expect(performance.now() - began).toBeGreaterThanOrEqual(lasting);
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ 503: 2 });
  expect(await tally(`${nginx.url}/web2`, 2)).toEqual({ near: 2 });
}

test('a clock that jumps by an hour, ahead or back, neither ends nor stretches what is kept and held', async () => {
  await Promise.all([jump('SIGUSR2'), jump('SIGWINCH')]);
});

testOfReload(
  'upsync that stood still for longer than a blocking query and a proof may take goes on where it was',
  async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(gateway());
    await using one = await startBackend('one');
    await using two = await startBackend('two');
    await using three = await startBackend('three');
    await consul.register(one.as('web1'));
    const flags = await writeConfig(
      nginx,
      'upstreams: {web1: {}}\nconsul: {block: 1s}\nnginx: {proof_timeout: 2s}\n',
    );
    await using upsync = startUpsync({ consul, nginx }, ...flags);
    await upsync.next('published');
    const client = steadily(`${nginx.url}/web1`);

    await consul.register(two.as('web1'));
    // In the middle of the proof: nginx takes 100 ms from here to retire its old workers.
    await until('nginx takes up the change', async () => (await reloads(nginx)) === 2);
    upsync.signal('SIGSTOP');
    await consul.register(three.as('web1'));
    await consul.deregister('web1-one');
    // How long it stands still is what the test is about.
    await sleep(3_000);
    upsync.signal('SIGCONT');
    await soon(
      upsync.next('changed', ({ up, left }) => up === 2 && JSON.stringify(left).includes(`:${one.port}`)),
    );
    await soon(upsync.next('published'));
    expect(Object.keys(await client.stop()).filter((name) => !['two', 'three'].includes(name))).toEqual([
      'one',
    ]);
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ two: 2, three: 2 });
    expect(upsync.count('rolledBack')).toBe(0);
    expect(await reloads(nginx)).toBe(upsync.count('published'));
  },
);
