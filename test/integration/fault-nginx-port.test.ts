import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { proofServer } from '../../src/nginx/proof.ts';
import { startConsul } from '../bed/consul.ts';
import { freePorts } from '../bed/consul-ports.ts';
import { layNginx, type NginxBed, startNginx } from '../bed/nginx.ts';
import { until } from '../bed/nginx-processes.ts';
import { startBackend } from '../support/backend.ts';
import { gateway, reloads, soon, tally } from '../support/gateway.ts';
import { type LogLine, outputOf, runUpsync, startUpsync } from '../support/upsync.ts';

const proven = ({ proof }: LogLine) => JSON.stringify(proof).includes('proven');

/** Somebody who listens there and hangs up. */
async function hold(address: string): Promise<Server & AsyncDisposable> {
  const [host, port] = address.split(':');
  const server = createServer((socket) => socket.destroy());
  server.listen(Number(port), host);
  await once(server, 'listening');
  return server;
}

/** Where the release listens that upsync would make first. */
function firstPlace(nginx: NginxBed): string {
  return proofServer('auto', outputOf(nginx)).listen;
}

test('where another process listens at the place of the proof server or of the 503 beside it, the first release takes the next place', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using _first = await hold(firstPlace(nginx));
  await using _second = await hold(proofServer('auto', outputOf(nginx), 1).unavailable);
  await using upsync = startUpsync({ consul, nginx }, '--service', 'web1');
  await upsync.next('published', proven);
  expect(upsync.count('rolledBack')).toBe(0);
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  await nginx.restart();
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});

test('a place that another process took while nginx was stopped is left for another, so that nginx can start; the next upsync finds it there', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(gateway({ named: ['web1'] }));
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await runUpsync({ consul, nginx }, '--once', '--apply', '--service', 'web1');
  await nginx.start();
  await using first = startUpsync({ consul, nginx }, '--service', 'web1');
  await first.next('gateway', ({ level }) => level === 'info');
  await nginx.stop();
  await first.next('gateway', ({ state }) => state === 'stopped');
  // What comes next must not be seen by chance, in a pass that was due anyway.
  await until('upsync has come to rest', async () => {
    const { length } = first.lines;
    await sleep(500);
    return first.lines.length === length;
  });
  await using holder = await hold(firstPlace(nginx));
  expect(await first.next('gateway')).toMatchObject({
    level: 'warn',
    msg: `${firstPlace(nginx)}: nginx is not running, and cannot start: another process listens where its release does; start nginx once the next release is published, which listens elsewhere`,
  });
  expect(await first.next('problem')).toMatchObject({
    msg: `${firstPlace(nginx)}: another process listens here: the next release listens on ${proofServer('auto', outputOf(nginx), 1).listen} instead`,
  });
  expect(await soon(first.next('published'))).toMatchObject({ proof: { kind: 'stopped' } });
  await nginx.start();
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  await first.next('progress', ({ part }) => part === 'proven');

  await first.kill();
  const before = await reloads(nginx);
  await using second = startUpsync({ consul, nginx }, '--service', 'web1');
  await second.next('unchanged');
  expect(await reloads(nginx)).toBe(before);
  holder.close();
});

test('a proof port that was configured and is taken costs the release, not nginx; once it is free the release goes live', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  const [port = 0] = await freePorts('0.0.0.0', 1);
  const holder = await hold(`0.0.0.0:${port}`);
  await using upsync = startUpsync(
    { consul, nginx },
    '--service',
    'web1',
    '--nginx-proof',
    `127.0.0.1:${port}`,
  );
  expect(await upsync.next('rejected')).toMatchObject({
    level: 'error',
    msg: `rejected at test, nginx keeps what it has: 127.0.0.1:${port}: another process listens where nginx is to tell what it runs; end that process, or give nginx.proof a place of its own`,
  });
  await nginx.restart();
  expect(await tally(nginx.url, 2)).toEqual({ gateway: 2 });
  holder.close();
  await soon(upsync.next('published', proven));
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
});
