import { once } from 'node:events';
import { cp, readlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { proofServer, testify } from '../../src/nginx/proof.ts';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { ask, gateway, reloads, steadily, tally } from '../support/gateway.ts';
import { testOfReload } from '../support/of-reload.ts';
import { outputOf, startUpsync } from '../support/upsync.ts';

const never = new AbortController().signal;
const builtin = join(import.meta.dirname, '../../templates');

test('a listen port that somebody else holds passes the test, and is rolled back until it is free', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const templates = join(nginx.folder, 'templates');
  await cp(builtin, templates, { recursive: true });
  const flags = ['--service', 'web1', '--templates', templates, '--nginx-proof-timeout', '3s'];
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  const { digest } = await upsync.next('published');
  const current = join(outputOf(nginx), 'current');
  const good = await readlink(current);

  const [, taken = 0] = nginx.ports;
  const holder = createServer().listen(taken, nginx.host);
  await once(holder, 'listening');
  const client = steadily(`${nginx.url}/web1`);
  const added = `server { listen ${nginx.host}:${taken}; return 200 "new port"; }\n`;
  await writeFile(join(templates, 'port.conf.eta'), added);

  await upsync.next('progress', ({ step }) => step === 'test');
  expect(await upsync.next('rolledBack')).toMatchObject({
    level: 'error',
    msg: expect.stringContaining(`rolled back to release ${digest}: nginx does not run release`),
  });
  expect(await readlink(current)).toBe(good);
  expect(await readlink(join(outputOf(nginx), 'proven'))).toBe(good);
  expect(await nginx.errorLog()).toContain(`bind() to ${nginx.host}:${taken} failed`);
  expect((await ask(`${nginx.url}/web1`)).body).toBe('one');

  holder.close();
  const { digest: second } = await upsync.next('published');
  expect(second).not.toBe(digest);
  expect((await ask(`http://${nginx.host}:${taken}/`)).body).toBe('new port');
  expect(Object.keys(await client.stop())).toEqual(['one']);
});

test('a change that comes while another fails to be proven goes live once the files are good again', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const templates = join(nginx.folder, 'templates');
  await cp(builtin, templates, { recursive: true });
  const flags = ['--service', 'web1', '--templates', templates, '--nginx-proof-timeout', '3s'];
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');

  const [, taken = 0] = nginx.ports;
  const holder = createServer().listen(taken, nginx.host);
  await once(holder, 'listening');
  const port = join(templates, 'port.conf.eta');
  await writeFile(port, `server { listen ${nginx.host}:${taken}; return 200 "new port"; }\n`);
  await upsync.next('progress', ({ step }) => step === 'publish');
  await consul.register(two.as('web1'));
  await upsync.next('rolledBack');
  await writeFile(port, '# nothing\n');
  await upsync.next('published');
  expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  holder.close();
});

test('a reload is proven by every worker', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway({ workers: 4 }));
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  const { digest, proof } = await upsync.next('published');
  expect(proof).toMatchObject({ kind: 'proven', by: 'processes', workers: 4 });

  const { ask: address } = proofServer('auto', outputOf(nginx));
  const pids = new Set<number>();
  for (let asked = 0; asked < 200 && pids.size < 4; asked += 1) {
    const testimony = await testify(address, 1_000, never);
    expect(testimony?.digest).toBe(digest);
    pids.add(testimony?.pid ?? 0);
  }
  expect(pids.size).toBe(4);
});

testOfReload(
  'while one reload is being proven the next waits: nginx is never signalled twice for one',
  async () => {
    await using consul = await startConsul();
    // Large weights under a consistent hash: nginx takes its time for every parse.
    const servers = Array.from({ length: 4 }, (_, index) => `server 127.0.0.1:${index + 1} weight=6000;`);
    const slow = `upstream slow { hash $uri consistent; ${servers.join(' ')} }`;
    await using nginx = await startNginx(gateway({ http: slow }));
    await using one = await startBackend('one', '0.0.0.0');
    await consul.register(one.as('web1', { address: '127.0.1.1' }));
    await using upsync = startUpsync({ consul, nginx }, '--service', 'web1', '--wait', '0ms:0ms');
    await upsync.next('published');

    const total = 8;
    for (let last = 2; last <= total; last += 1) {
      await consul.register(one.as('web1', { id: `web1-${last}`, address: `127.0.1.${last}` }));
      await upsync.next('answered');
    }
    await upsync.next('changed', ({ up }) => up === total);
    await upsync.next('published');

    const log = await nginx.errorLog();
    const signals = log.match(/signal 1 \(SIGHUP\) received/g)?.length;
    expect(signals).toBe(upsync.count('published'));
    expect(await reloads(nginx)).toBe(upsync.count('published'));
    // In the log, as it was written: every reload is proven before the next release is published.
    const order = upsync.lines.flatMap(({ event, step, part }) =>
      event === 'progress' && part === undefined && (step === 'publish' || step === 'prove') ? [step] : [],
    );
    expect(order).toEqual(
      Array.from({ length: upsync.count('published') }, () => ['publish', 'prove']).flat(),
    );
  },
);
