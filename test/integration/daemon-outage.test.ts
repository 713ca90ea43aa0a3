import { expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { type Backend, startBackend } from '../support/backend.ts';
import { gateway, reloads, tally } from '../support/gateway.ts';
import { startUpsync, writeConfig } from '../support/upsync.ts';

/** Registers `count` instances on a node that no agent runs on, which can vanish as a whole. */
async function registerOn(node: string, count: number, { port }: Backend, consul: Consul): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    await consul.request('PUT', '/v1/catalog/register', {
      Node: node,
      Address: '127.0.0.1',
      SkipNodeUpdate: number > 1,
      Service: { ID: `web1-${number}`, Service: 'web1', Address: `127.0.2.${number}`, Port: port },
    });
  }
}

test('a step that takes away half of eight servers is held for the grace period and then applied, and both are said', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using near = await startBackend('near', '0.0.0.0');
  await using far = await startBackend('far', '0.0.0.0');
  for (const number of [1, 2, 3, 4]) {
    await consul.register(near.as('web1', { id: `web1-${number}`, address: `127.0.1.${number}` }));
  }
  await registerOn('far', 4, far, consul);
  const flags = await writeConfig(nginx, 'upstreams: {web1: {}}\nguard: {grace: 2s}');
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 8)).toEqual({ near: 4, far: 4 });

  await consul.request('PUT', '/v1/catalog/deregister', { Node: 'far' });
  await upsync.next('answered');
  const notice = await upsync.next('notice');
  expect(notice).toMatchObject({
    level: 'warn',
    kind: 'held',
    losing: 4,
    of: 8,
    // What is left of two seconds as it is said.
    msg: expect.stringMatching(/^web1 {2}would lose 4 of 8 servers in one step; held for [12]\.\d s$/),
  });
  expect(await tally(`${nginx.url}/web1`, 8)).toEqual({ near: 4, far: 4 });

  expect(await upsync.next('notice')).toMatchObject({
    level: 'warn',
    kind: 'lost',
    msg: 'web1  loses 4 of 8 servers: the grace period is over',
  });
  expect(await upsync.next('changed')).toMatchObject({ joined: [], up: 4 });
  const { time } = await upsync.next('published');
  expect(Date.parse(String(time))).toBeGreaterThanOrEqual(Number(notice.until));
  expect(await tally(`${nginx.url}/web1`, 8)).toEqual({ near: 8 });
});

test('a big loss that is undone within the grace period never reaches nginx', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using near = await startBackend('near');
  await using far = await startBackend('far', '0.0.0.0');
  await consul.register(near.as('web1'));
  await registerOn('far', 7, far, consul);
  const flags = await writeConfig(nginx, 'upstreams: {web1: {}}\nguard: {grace: 30s}');
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  const before = await reloads(nginx);

  await consul.request('PUT', '/v1/catalog/deregister', { Node: 'far' });
  expect(await upsync.next('notice')).toMatchObject({ kind: 'held', losing: 7, of: 8 });
  await registerOn('far', 7, far, consul);
  await upsync.next('answered', ({ instances }) => instances === 8);
  await upsync.next('unchanged');
  expect(await reloads(nginx)).toBe(before);
  expect(await tally(`${nginx.url}/web1`, 8)).toEqual({ near: 1, far: 7 });
});
