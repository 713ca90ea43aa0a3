import { expect, test } from 'vitest';
import { docker } from './support/docker.ts';
import { startRegistrarBed } from './support/registrar-bed.ts';
import { startSocketProxy } from './support/socket-proxy.ts';

test('Docker may go away and come back: nothing is taken out meanwhile, and what was missed is made up for', async () => {
  await using bed = await startRegistrarBed();
  await using proxy = await startSocketProxy();
  await using registrar = bed.register('--docker-host', proxy.url, '--resync', '1h');
  await bed.run('stays');
  await bed.run('goes');
  await registrar.next('register');
  await registrar.next('register');

  await proxy.cut();
  expect(await registrar.next('lost', ({ side }) => side === 'events')).toMatchObject({
    msg: expect.stringMatching(/^\S+: the connection was closed; .* Changes are seen late meanwhile\.$/),
  });
  const gone =
    /there is no such socket; is the Docker engine running\?.* Services stay as they are meanwhile/;
  await registrar.next('lost', ({ side, msg }) => side === 'docker' && gone.test(msg));
  await docker('rm', '--force', bed.nameOf('goes'));
  await bed.run('comes');
  expect(Object.keys(await bed.services()).sort()).toEqual([bed.idOf('goes'), bed.idOf('stays')]);

  await proxy.restore();
  await registrar.next('register', ({ id }) => id === bed.idOf('comes'));
  expect(Object.keys(await bed.services()).sort()).toEqual([bed.idOf('comes'), bed.idOf('stays')]);
  // It follows again: by itself it would not look for an hour.
  await docker('kill', bed.nameOf('stays'));
  await registrar.next('deregister', ({ id }) => id === bed.idOf('stays'));
  expect([...proxy.requests].sort()).toEqual([
    'GET /containers/*/json',
    'GET /containers/json',
    'GET /events',
    'GET /info',
  ]);
});

test('a stop that fell into the loss of the stream is told again when it is back', async () => {
  await using bed = await startRegistrarBed();
  await using proxy = await startSocketProxy();
  await using registrar = bed.register('--docker-host', proxy.url, '--resync', '1h');
  await bed.run('web', {
    image: 'upsync-test/debian',
    options: ['--expose', '80'],
    command: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'],
  });
  await registrar.next('register');
  await proxy.cut();
  await registrar.next('lost');
  await docker('kill', '--signal', 'TERM', bed.nameOf('web'));
  await proxy.restore();
  await registrar.next('maintain', ({ id }) => id === bed.idOf('web'));
});

test('an agent that lost its state is told everything again', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register('--resync', '1s');
  await bed.run('web');
  await registrar.next('register');
  await bed.consul.kill();
  await registrar.next('lost', ({ side }) => side === 'consul');
  await bed.consul.start();
  await registrar.next('register');
  expect(Object.keys(await bed.services())).toEqual([bed.idOf('web')]);
});

test('neither Docker nor Consul has to be there at the start', async () => {
  await using bed = await startRegistrarBed();
  await using proxy = await startSocketProxy();
  await proxy.cut();
  await bed.consul.kill();
  await using registrar = bed.register('--docker-host', proxy.url);
  await registrar.next('lost', ({ side }) => side === 'docker');
  await bed.run('web');
  await proxy.restore();
  await registrar.next('lost', ({ side }) => side === 'consul');
  await bed.consul.start();
  await registrar.next('register');
});

test('SIGTERM ends it, whatever it waits for, and leaves what is registered', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register();
  await bed.run('web');
  await registrar.next('register');
  registrar.signal('SIGTERM');
  expect(await registrar.ended).toEqual({ code: 0, signal: null });
  expect(Object.keys(await bed.services())).toEqual([bed.idOf('web')]);
});

test('the token that it needs may write services, and is in nothing that it says', async () => {
  await using bed = await startRegistrarBed({ acl: true });
  await using registrar = bed.register();
  await bed.run('web');
  await registrar.next('register');
  expect(Object.keys(await bed.services())).toEqual([bed.idOf('web')]);
  const all = registrar.text() + registrar.lines.map((line) => JSON.stringify(line)).join('\n');
  expect(all).not.toContain(bed.consul.token);
});
