import { expect, test } from 'vitest';
import { docker } from './support/docker.ts';
import { type RegistrarBed, startRegistrarBed } from './support/registrar-bed.ts';

test('a container is registered by its labels when it starts, and taken out when it has ended', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register('--tags', 'all');
  const labels = {
    SERVICE_TAGS: 'a,b\\,c',
    SERVICE_REGION: 'eu',
    SERVICE_80_CHECK_HTTP: '/healthz',
    SERVICE_CHECK_INTERVAL: '1s',
  };
  const options = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
  await bed.run('web', { options: [...options, '--env', 'SERVICE_NAME=from-environment'] });
  await registrar.next('register', ({ id }) => id === bed.idOf('web'));

  const address = await bed.addressOf('web');
  expect(await bed.services()).toEqual({
    [bed.idOf('web')]: {
      ID: bed.idOf('web'),
      Service: 'web',
      Address: address,
      Port: 80,
      Tags: ['a', 'b,c', 'all'],
      Meta: {
        region: 'eu',
        'upsync-registrar': await docker('info', '--format', '{{.ID}}'),
        'upsync-container': (await docker('ps', '--quiet', '--filter', `name=${bed.nameOf('web')}`)).trim(),
      },
    },
  });
  expect(await bed.checks(bed.idOf('web'))).toMatchObject([
    { CheckID: `service:${bed.idOf('web')}`, Notes: `GET http://${address}:80/healthz, every 1s` },
  ]);
  // The agent reaches it there.
  const state = async () => (await bed.checks(bed.idOf('web')))[0]?.Status;
  await expect.poll(state, { timeout: 20_000 }).toBe('passing');

  await docker('kill', bed.nameOf('web'));
  await registrar.next('deregister');
  expect(await bed.services()).toEqual({});
});

test('a port is registered where it is published on the host', async () => {
  await using bed = await startRegistrarBed();
  await bed.run('web', { options: ['--publish', '80'] });
  await bed.run('hidden', { options: ['--publish', '127.0.0.1::80'] });
  const published = (await docker('port', bed.nameOf('web'), '80/tcp')).split('\n')[0]?.split(':').at(-1);
  const said = await bed.once('--explicit', '--ip', '10.0.0.5', '--hostname', 'host1');
  expect(said).toMatch(new RegExp(`^\\+ +web +10\\.0\\.0\\.5:${published} +${bed.idOf('web')} `, 'm'));
  expect(said).toMatch(
    new RegExp(`^${bed.nameOf('hidden')}:80  it is published on 127\\.0\\.0\\.1, which no other`, 'm'),
  );
});

test('--once says what would be written, and writes nothing', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register();
  await bed.run('web');
  await bed.run('old');
  await registrar.next('register');
  await registrar.next('register');
  await registrar.kill();
  await docker('rm', '--force', bed.nameOf('old'));
  await bed.run('new');
  const before = await bed.services();
  const flags = ['--internal', '--network', bed.network, '--explicit', '--hostname', 'host1'];
  const said = await bed.once(...flags);
  expect(said).toMatch(new RegExp(`^= +web +\\S+:80 +${bed.idOf('web')} `, 'm'));
  expect(said).toMatch(new RegExp(`^\\+ +new +\\S+:80 +${bed.idOf('new')} `, 'm'));
  expect(said).toMatch(new RegExp(`^old +− .*${bed.idOf('old')}`, 'm'));
  expect(said).toMatch(/^1 to register, 0 to change, 1 to remove\. Nothing was written\.$/m);
  expect(JSON.parse(await bed.once(...flags, '--json'))).toMatchObject({ actions: [{}, {}] });
  expect(await bed.services()).toEqual(before);
});

test('a container that is renamed is registered under its new name before the old one goes', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register();
  await bed.run('web');
  await registrar.next('register');
  await docker('rename', bed.nameOf('web'), bed.nameOf('api'));
  await registrar.next('register', ({ id }) => id === bed.idOf('api'));
  await registrar.next('deregister', ({ id }) => id === bed.idOf('web'));
  expect(Object.keys(await bed.services())).toEqual([bed.idOf('api')]);
});

test('a container made anew under the same name is registered where it is now', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register();
  await bed.run('web');
  await registrar.next('register');
  const first = await bed.addressOf('web');
  await docker('rm', '--force', bed.nameOf('web'));
  // It would get the address that has just become free.
  await bed.run('other');
  await bed.run('web');
  const second = await bed.addressOf('web');
  expect(second).not.toBe(first);
  await registrar.next('register', ({ address }) => address === `${second}:80`);
  expect((await bed.services())[bed.idOf('web')]).toMatchObject({ Address: second });
});

test('what a crash left behind goes at the next start, and nothing that is not its own', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register();
  await bed.run('stays');
  await bed.run('goes');
  await registrar.next('register');
  await registrar.next('register');
  await registrar.kill();
  await docker('rm', '--force', bed.nameOf('goes'));
  await strangers(bed);

  await using next = bed.register();
  await next.next('deregister', ({ id }) => id === bed.idOf('goes'));
  await next.next('inStep');
  expect(next.count('register')).toBe(0);
  expect(Object.keys(await bed.services()).sort()).toEqual([...strange, bed.idOf('stays')].sort());
});

test('a host that was renamed leaves nothing behind under its old name', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register();
  await bed.run('web');
  await registrar.next('register');
  await registrar.kill();
  await using next = bed.register('--hostname', 'host2');
  await next.next('deregister', ({ id }) => id === bed.idOf('web'));
  expect(Object.keys(await bed.services())).toEqual([bed.idOf('web', 'host2')]);
});

test("a service that another host's registrar has under the same id is left to it, and said", async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register();
  await bed.run('web');
  await registrar.next('register');
  // A second host, whose registrar writes to the same agent.
  await using second = bed.register('--owner', 'engine-2');
  expect(await second.next('notice', ({ what }) => what === bed.idOf('web'))).toMatchObject({
    msg: expect.stringMatching(
      /has a service of this id in the same agent; give one of the two hosts a --hostname/,
    ),
  });
  await using third = bed.register('--owner', 'engine-2', '--hostname', 'host2');
  await third.next('register');
  const ids = [bed.idOf('web'), bed.idOf('web', 'host2')];
  expect(Object.keys(await bed.services()).sort()).toEqual(ids);
  await second.kill();
  await registrar.kill();
  await docker('rm', '--force', bed.nameOf('web'));
  await third.next('deregister');
  expect(Object.keys(await bed.services())).toEqual([bed.idOf('web')]);
});

test('what the original Registrator left on this host goes where that is asked for', async () => {
  await using bed = await startRegistrarBed();
  await strangers(bed);
  await bed.consul.register({ id: 'host1:gone:80', name: 'gone', port: 80 });
  await using registrar = bed.register('--cleanup');
  await registrar.next('deregister', ({ id }) => id === 'host1:gone:80');
  await registrar.next('inStep');
  expect(Object.keys(await bed.services()).sort()).toEqual(strange);
});

test('with --deregister on-success a container that failed leaves its service in maintenance until it is removed', async () => {
  await using bed = await startRegistrarBed();
  await using registrar = bed.register('--deregister', 'on-success');
  const ends = (code: number) => `while [ ! -e /end ]; do sleep 0.1; done; exit ${code}`;
  for (const [name, code] of Object.entries({ good: 0, bad: 3 })) {
    const command = ['sh', '-c', ends(code)];
    await bed.run(name, { image: 'upsync-test/debian', options: ['--expose', '80'], command });
    await registrar.next('register', ({ id }) => id === bed.idOf(name));
  }
  await docker('exec', bed.nameOf('good'), 'touch', '/end');
  await registrar.next('deregister', ({ id }) => id === bed.idOf('good'));
  await docker('exec', bed.nameOf('bad'), 'touch', '/end');
  await registrar.next('maintain', ({ id }) => id === bed.idOf('bad'));
  expect(await bed.checks(bed.idOf('bad'))).toMatchObject([
    { Status: 'critical', Notes: 'upsync-registrar: exited with code 3' },
  ]);
  await docker('rm', bed.nameOf('bad'));
  await registrar.next('deregister', ({ id }) => id === bed.idOf('bad'));
  expect(await bed.services()).toEqual({});
});

/** Services of others: by hand, by another registrar, and by Registrator on another host. */
const strange = ['by-hand', 'host1:other:80', 'host2:gone:80'];

async function strangers({ consul }: RegistrarBed): Promise<void> {
  await consul.register({ id: 'by-hand', name: 'by-hand', port: 1 });
  await consul.register({ id: 'host2:gone:80', name: 'gone', port: 1 });
  await consul.register({
    id: 'host1:other:80',
    name: 'other',
    port: 1,
    meta: { 'upsync-registrar': 'engine-2' },
  });
}
