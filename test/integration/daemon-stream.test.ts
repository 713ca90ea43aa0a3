import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { workersOf } from '../../src/nginx/processes.ts';
import { startConsul } from '../bed/consul.ts';
import { layNginx, type NginxBed, startNginx } from '../bed/nginx.ts';
import { until } from '../bed/nginx-processes.ts';
import { startBackend } from '../support/backend.ts';
import { rendered, soon, tally } from '../support/gateway.ts';
import { dial, sendUdp, startTcp, startUdp, streamGateway, tallyTcp } from '../support/stream.ts';
import { runUpsync, startUpsync, writeConfig } from '../support/upsync.ts';

/** Flags for one upstream `db`, on whose behalf nginx listens on the bed's second port. */
function listening(nginx: NginxBed, more = '', protocol = 'tcp') {
  const listen = `${nginx.host}:${nginx.ports[1]}`;
  return writeConfig(nginx, `upstreams: {db: {protocol: ${protocol}, listen: ${listen}${more}}}`);
}

const drainingOf = async (nginx: NginxBed) =>
  (await workersOf(await nginx.pid())).filter(({ draining }) => draining).length;

const connections = ({ host, ports: [, port = 0] }: NginxBed, times: number) => tallyTcp(host, port, times);

test('an instance that registers gets its share of connections, and none once it is deregistered', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(streamGateway());
  await using one = await startTcp('one');
  await using two = await startTcp('two');
  await consul.register(one.as('db'));
  await using upsync = startUpsync({ consul, nginx }, ...(await listening(nginx)));
  expect(await upsync.next('published')).toMatchObject({ proof: { kind: 'proven', by: 'processes' } });
  expect(await connections(nginx, 4)).toEqual({ 'one hello': 4 });

  await consul.register(two.as('db'));
  expect(await upsync.next('changed')).toMatchObject({ upstream: 'db', joined: [`127.0.0.1:${two.port}`] });
  await upsync.next('published');
  expect(await connections(nginx, 4)).toEqual({ 'one hello': 2, 'two hello': 2 });

  await consul.deregister('db-two');
  await upsync.next('published');
  const before = two.hits;
  expect(await connections(nginx, 10)).toEqual({ 'one hello': 10 });
  expect(two.hits).toBe(before);
});

test('a connection that is open at a reload stays with its old worker and its server until it ends', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(streamGateway());
  await using one = await startTcp('one');
  await using two = await startTcp('two');
  await consul.register(one.as('db'));
  await using upsync = startUpsync({ consul, nginx }, ...(await listening(nginx)));
  await upsync.next('published');
  {
    using open = dial(nginx.host, nginx.ports[1] ?? 0);
    expect(await open.say('first')).toBe('one first');
    await consul.register(two.as('db'));
    await upsync.next('published');
    expect(await open.say('second')).toBe('one second');
    await consul.deregister('db-one');
    await upsync.next('published');
    expect(await open.say('third')).toBe('one third');
    expect(await connections(nginx, 3)).toEqual({ 'two hello': 3 });
    expect(await drainingOf(nginx)).toBe(1);
  }
  await until('the old worker is gone', async () => (await drainingOf(nginx)) === 0);
});

test('worker_shutdown_timeout ends a connection that stays open, and its old worker with it', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(streamGateway({ main: 'worker_shutdown_timeout 1s;' }));
  await using one = await startTcp('one');
  await using two = await startTcp('two');
  await consul.register(one.as('db'));
  await using upsync = startUpsync({ consul, nginx }, ...(await listening(nginx)));
  await upsync.next('published');
  using open = dial(nginx.host, nginx.ports[1] ?? 0);
  expect(await open.say('first')).toBe('one first');
  await consul.register(two.as('db'));
  await upsync.next('published');
  await until('it is closed', async () => (await open.say('more')) === 'closed');
  await until('the old worker is gone', async () => (await drainingOf(nginx)) === 0);
});

test('a session of UDP keeps its old worker until it was silent for proxy_timeout', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(streamGateway({ stream: () => 'proxy_timeout 2s;' }));
  await using one = await startUdp('one');
  await using two = await startUdp('two');
  await consul.register(one.as('db'));
  await using upsync = startUpsync({ consul, nginx }, ...(await listening(nginx, '', 'udp')));
  await upsync.next('published');
  expect(await sendUdp(nginx.host, nginx.ports[1] ?? 0, 'hello')).toBe('one hello');
  await consul.register(two.as('db'));
  await upsync.next('published');
  expect(await drainingOf(nginx)).toBe(1);
  await until('the old worker is gone', async () => (await drainingOf(nginx)) === 0);
});

test('keep: the last server stays for keep_for, then connections are closed at once, and nobody else is reached', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(streamGateway());
  await using one = await startTcp('one');
  await consul.register(one.as('db'));
  await using upsync = startUpsync({ consul, nginx }, ...(await listening(nginx, ', keep_for: 2s')));
  await upsync.next('published');

  await consul.deregister('db-one');
  await upsync.next('notice', ({ kind }) => kind === 'kept');
  expect(await connections(nginx, 3)).toEqual({ 'one hello': 3 });
  expect(await upsync.next('notice', ({ kind }) => kind === 'down')).toMatchObject({
    level: 'warn',
    protocol: 'tcp',
    msg: 'db  0 registered, it closes connections at once',
  });
  await upsync.next('published');
  const began = performance.now();
  expect(await connections(nginx, 5)).toEqual({ closed: 5 });
  expect(performance.now() - began).toBeLessThan(1_000);
  const text = await rendered(nginx, 'stream/upstreams.conf');
  expect(text.match(/^ *server .*;$/gm)).toEqual(['    server 192.0.2.1:1 down;']);

  await consul.register(one.as('db'));
  await upsync.next('published');
  expect(await connections(nginx, 3)).toEqual({ 'one hello': 3 });
});

test('drop: with the last server upstream and port go, and come back with it', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(streamGateway());
  await using one = await startTcp('one');
  await consul.register(one.as('db'));
  await using upsync = startUpsync({ consul, nginx }, ...(await listening(nginx, ', on_empty: drop')));
  await upsync.next('published');
  await consul.deregister('db-one');
  await upsync.next('published');
  expect(await connections(nginx, 2)).toEqual({ ECONNREFUSED: 2 });
  await consul.register(one.as('db'));
  await upsync.next('published');
  expect(await connections(nginx, 2)).toEqual({ 'one hello': 2 });
});

test('a server of the user’s own finds the upstream from the first start on, before Consul has answered', async () => {
  await using consul = await startConsul();
  const stream = ({ host, ports }: { host: string; ports: readonly number[] }) =>
    `server { listen ${host}:${ports[1]}; proxy_pass db; }`;
  await using nginx = await layNginx(streamGateway({ stream }));
  await using one = await startTcp('one');
  const flags = await writeConfig(nginx, 'upstreams: {db: {protocol: tcp}}');
  const nowhere = { url: 'http://127.0.0.1:9' };
  expect(await runUpsync({ consul: nowhere, nginx }, '--once', '--apply', '--seed', ...flags)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('it closes connections at once'),
  });
  await nginx.start();
  expect(await connections(nginx, 2)).toEqual({ closed: 2 });

  await consul.register(one.as('db'));
  await using upsync = startUpsync({ consul, nginx }, ...flags);
  await upsync.next('published');
  expect(await connections(nginx, 2)).toEqual({ 'one hello': 2 });
  await nginx.restart();
  expect(await connections(nginx, 2)).toEqual({ 'one hello': 2 });
});

test('where another process holds the port to listen on, the release is taken back, nginx serves on, and the port is taken once it is free', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(streamGateway());
  await using web = await startBackend('web');
  await using one = await startTcp('one');
  await consul.register(web.as('web1'));
  await consul.register(one.as('db'));
  const [, port = 0] = nginx.ports;
  const holder = createServer((socket) => socket.end('holder')).listen(port, nginx.host);
  await once(holder, 'listening');
  await using first = startUpsync({ consul, nginx }, '--service', 'web1');
  await first.next('published');
  await first.kill();

  await using upsync = startUpsync(
    { consul, nginx },
    '--service',
    'web1',
    '--nginx-proof-timeout',
    '3s',
    ...(await listening(nginx)),
  );
  expect(await upsync.next('rolledBack')).toMatchObject({ level: 'error' });
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ web: 3 });
  expect(await connections(nginx, 1)).toEqual({ holder: 1 });
  holder.close();
  await soon(upsync.next('published'));
  expect(await connections(nginx, 2)).toEqual({ 'one hello': 2 });
  expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ web: 3 });
});

test('an nginx that does not run is given no port that another process holds: it could not start', async () => {
  await using consul = await startConsul();
  await using nginx = await layNginx(streamGateway());
  await using one = await startTcp('one');
  await consul.register(one.as('db'));
  const [, port = 0] = nginx.ports;
  const holder = createServer().listen(port, nginx.host);
  await once(holder, 'listening');
  await using upsync = startUpsync({ consul, nginx }, ...(await listening(nginx)));
  expect(await upsync.next('rejected')).toMatchObject({
    level: 'error',
    msg: expect.stringContaining(
      `${nginx.host}:${port}: another process listens where nginx is to listen for upstream db, and nginx could not start; end that process, or give upstreams.db.listen another place`,
    ),
  });
  await nginx.start();
  await nginx.stop();
  holder.close();
  await soon(upsync.next('published'));
  await nginx.start();
  expect(await connections(nginx, 2)).toEqual({ 'one hello': 2 });
});

test('UDP: datagrams reach whoever is registered, and nobody once there is none', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(streamGateway());
  await using one = await startUdp('one');
  await using two = await startUdp('two');
  await consul.register(one.as('db'));
  await using upsync = startUpsync({ consul, nginx }, ...(await listening(nginx, ', on_empty: down', 'udp')));
  await upsync.next('published');
  const [, port = 0] = nginx.ports;
  expect(await sendUdp(nginx.host, port, 'hello')).toBe('one hello');

  await consul.register(two.as('db'));
  await upsync.next('published');
  const answers = [];
  for (let each = 0; each < 4; each += 1) answers.push(await sendUdp(nginx.host, port, 'hello'));
  expect(answers.sort()).toEqual(['one hello', 'one hello', 'two hello', 'two hello']);

  await consul.deregister('db-one');
  await upsync.next('published');
  expect(await sendUdp(nginx.host, port, 'hello')).toBe('two hello');

  await consul.deregister('db-two');
  expect(await upsync.next('notice', ({ kind }) => kind === 'down')).toMatchObject({
    msg: 'db  0 registered, it drops datagrams',
  });
  await upsync.next('published');
  const before = one.hits + two.hits;
  sendUdp(nginx.host, port, 'hello').catch(() => 'nobody answers');
  await until('nginx drops it', async () => (await nginx.errorLog()).includes('no live upstreams'));
  expect(one.hits + two.hits).toBe(before);
});
