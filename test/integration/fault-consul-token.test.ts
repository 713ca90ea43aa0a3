import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Consul, startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { grant, READ } from '../support/consul-acl.ts';
import { expectLive, expectNowhere, expectServed, published } from '../support/fault.ts';
import { gateway, steadily, tally } from '../support/gateway.ts';
import { type LogLine, startUpsync } from '../support/upsync.ts';

let consul: Consul;

beforeAll(async () => {
  consul = await startConsul({ acl: true });
});
afterAll(() => consul[Symbol.asyncDispose]());

/** A blocking query notices the change of rights only when it returns. */
const short = ['--consul-block', '1s'];

test('the policy of the token is emptied: nothing changes, it is told, and with its rights back all goes on', async () => {
  const granted = await grant(consul, READ);
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const place = { consul, nginx, env: { CONSUL_HTTP_TOKEN: granted.token } };
  await using upsync = startUpsync(place, '--service', 'web1', ...short);
  await upsync.next('published');
  const before = await published(nginx);
  const client = steadily(`${nginx.url}/web1`, 5);

  await granted.setRules('key_prefix "" { policy = "read" }');
  const told = await upsync.next('queryFailed');
  expect(told).toMatchObject({
    level: 'warn',
    msg: expect.stringMatching(
      /^service:web1 .* the token (may have lost its rights|sees no service at all) \(1 instance stays\); check the token's rights .* Nothing changes meanwhile\.$/,
    ),
  });
  await consul.register(two.as('web1'));
  // Where Consul's index had moved by itself before, this was said already.
  const seesNone = ({ msg }: LogLine) => msg.includes('the token sees no service at all');
  if (!seesNone(told)) await upsync.next('queryFailed', seesNone);
  expect(await published(nginx)).toBe(before);

  await granted.setRules(READ);
  await expectLive(2, 'web1', Date.now(), upsync);
  await expectServed(['one', 'two'], client);
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  await expectNowhere(granted.token, upsync, nginx);
});

test('the token is deleted: nothing changes, it is told, and another in its file is taken up by itself', async () => {
  const [old, fresh] = [await grant(consul, READ), await grant(consul, READ)];
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web2'));
  const file = join(nginx.folder, 'token');
  await writeFile(file, `${old.token}\n`);
  const flags = ['--service', 'web2', '--consul-token-file', file, ...short];
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  const before = await published(nginx);
  const client = steadily(`${nginx.url}/web2`, 5);

  await old.delete();
  expect(await upsync.next('queryFailed')).toMatchObject({
    level: 'warn',
    msg: expect.stringMatching(
      /^service:web2 .* Consul denied the token \(403: ACL not found\); check that the token still exists .* Nothing changes meanwhile\.$/,
    ),
  });
  await consul.register(two.as('web2'));
  expect(await published(nginx)).toBe(before);

  await writeFile(`${file}.new`, fresh.token);
  await rename(`${file}.new`, file);
  await expectLive(2, 'web2', Date.now(), upsync);
  await expectServed(['one', 'two'], client);
  expect(await tally(`${nginx.url}/web2`, 4)).toEqual({ one: 2, two: 2 });
  expect(upsync.count('reconfigured')).toBe(0);
  for (const { token } of [old, fresh]) await expectNowhere(token, upsync, nginx, ['token']);
});

test("the token's file is lost: the token that was there goes on, which is told, and the next one is taken up", async () => {
  const [old, fresh] = [await grant(consul, READ), await grant(consul, READ)];
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await using three = await startBackend('three');
  await consul.register(one.as('web3'));
  const file = join(nginx.folder, 'token');
  await writeFile(file, old.token);
  const flags = ['--service', 'web3', '--consul-token-file', file, ...short];
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');

  await rm(file);
  expect(await upsync.next('problem')).toMatchObject({
    level: 'error',
    msg: '--consul-token-file: no such file; the token that was there before stays in use',
  });
  await consul.register(two.as('web3'));
  await expectLive(2, 'web3', Date.now(), upsync);

  await writeFile(file, fresh.token);
  await old.delete();
  await consul.register(three.as('web3'));
  await expectLive(3, 'web3', Date.now(), upsync);
  expect(upsync.count('problem')).toBe(1);
  for (const { token } of [old, fresh]) await expectNowhere(token, upsync, nginx, ['token']);
});
